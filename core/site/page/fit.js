// Cropping and resizing to the square that the network sees, as core/images/preprocessing.py does with Pillow:
// the same pixels, bit for bit.

const PRECISION = 22 // bits of Pillow's fixed-point coefficients: 32 - 8 - 2

/** Round half to even, as Python's round does. */
export const roundEven = (value) => {
  const low = Math.floor(value), rest = value - low
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low
}

/** Return the part of an image from column `left` and row `top` on. */
export const cut = (image, left, top, width, height) => {
  const data = new Uint8Array(3 * width * height)
  for (let row = 0; row < height; row++) {
    const from = 3 * ((top + row) * image.width + left)
    data.set(image.data.subarray(from, from + 3 * width), 3 * row * width)
  }
  return { width, height, data }
}

/** Return the network's input, `{width, height, data}` with sides of `preprocessing.image_size`. */
export const fit = (image, preprocessing) => {
  const { image_size: side, border_crop: border, interpolation } = preprocessing
  const top = roundEven(image.height * border), left = roundEven(image.width * border)
  const inner = cut(image, left, top, image.width - 2 * left, image.height - 2 * top)
  const resize = { nearest, bilinear }[interpolation]
  return preprocessing.fit === "letterbox" ? letterbox(inner, side, resize) : resize(inner, side, side)
}

/** Keep the aspect ratio and pad with black, as ImageOps.pad. */
const letterbox = (image, side, resize) => {
  const ratio = image.width / image.height
  let [width, height] = [side, side]
  if (ratio > 1) height = roundEven((image.height / image.width) * side)
  else if (ratio < 1) width = roundEven((image.width / image.height) * side)
  const data = new Uint8Array(3 * side * side)
  if (!width || !height) return { width: side, height: side, data }
  const resized = resize(image, width, height)
  const left = width === side ? 0 : roundEven((side - width) / 2)
  const top = width === side ? roundEven((side - height) / 2) : 0
  for (let row = 0; row < height; row++) {
    data.set(resized.data.subarray(3 * row * width, 3 * (row + 1) * width), 3 * ((top + row) * side + left))
  }
  return { width: side, height: side, data }
}

/** Places of Pillow's nearest neighbours: it adds up the steps, and so are its rounding errors. */
const nearestPlaces = (from, to) => {
  const step = from / to
  let place = step * 0.5
  return Int32Array.from({ length: to }, () => {
    const found = Math.floor(place)
    place += step
    return found
  })
}

export const nearest = (image, width, height) => {
  const columns = nearestPlaces(image.width, width), rows = nearestPlaces(image.height, height)
  const data = new Uint8Array(3 * width * height)
  let to = 0
  for (const row of rows) {
    for (const column of columns) {
      const from = 3 * (row * image.width + column)
      data[to++] = image.data[from]
      data[to++] = image.data[from + 1]
      data[to++] = image.data[from + 2]
    }
  }
  return { width, height, data }
}

/** For each pixel of a resized side: the first pixel that it comes from, and the weights in fixed point. */
const weightsOf = (from, to) => {
  const scale = from / to, spread = Math.max(scale, 1)
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale
    const first = Math.max(Math.trunc(centre - spread + 0.5), 0)
    const last = Math.min(Math.trunc(centre + spread + 0.5), from)
    const weights = Array.from({ length: last - first }, (_unused, index) =>
      Math.max(1 - Math.abs((index + first - centre + 0.5) * (1 / spread)), 0))
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return {
      first,
      weights: Int32Array.from(weights, (weight) => Math.trunc(0.5 + (sum ? weight / sum : weight) * 2 ** PRECISION)),
    }
  })
}

const HALF = 2 ** (PRECISION - 1)

/** Pillow resizes columns first where that saves enough; the order changes how often a value is rounded. */
const columnsFirst = (image, width, height) => image.height - height > Math.max(0, 2 * (image.width - width))

export const bilinear = (image, width, height) => {
  const wide = (one) => (width === one.width ? one : resizeRows(one, width))
  const high = (one) => (height === one.height ? one : resizeColumns(one, height))
  return columnsFirst(image, width, height) ? wide(high(image)) : high(wide(image))
}

const resizeRows = ({ width: before, height, data }, width) => {
  const places = weightsOf(before, width), found = new Uint8Array(3 * width * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const { first, weights } = places[column]
      let [red, green, blue] = [HALF, HALF, HALF]
      for (let index = 0, from = 3 * (row * before + first); index < weights.length; index++) {
        const weight = weights[index]
        red += data[from++] * weight
        green += data[from++] * weight
        blue += data[from++] * weight
      }
      const to = 3 * (row * width + column)
      found[to] = red >> PRECISION
      found[to + 1] = green >> PRECISION
      found[to + 2] = blue >> PRECISION
    }
  }
  return { width, height, data: found }
}

const resizeColumns = ({ width, height: before, data }, height) => {
  const places = weightsOf(before, height), found = new Uint8Array(3 * width * height), line = 3 * width
  for (let row = 0; row < height; row++) {
    const { first, weights } = places[row]
    for (let column = 0; column < line; column++) {
      let sum = HALF
      for (let index = 0, from = first * line + column; index < weights.length; index++, from += line) {
        sum += data[from] * weights[index]
      }
      found[row * line + column] = sum >> PRECISION
    }
  }
  return { width, height, data: found }
}
