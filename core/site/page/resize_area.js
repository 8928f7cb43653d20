// Resizes grey values as OpenCV's INTER_AREA does, bit for bit (modules/imgproc/src/resize.cpp).
//
// A grey image is {width, height, data}: data is a Uint8Array of width · height values, row by row.

import { roundEven } from "./fit.js"

const { fround } = Math
// A part of a source pixel that is narrower counts for nothing, pixels.
const NARROW = 1e-3
// Weights of bilinear interpolation are integers of this many bits.
const WEIGHT_BITS = 11

/**
 * Resize a grey image; each pixel is the mean of the area that it covers.
 *
 * Where a side grows, OpenCV interpolates instead, between pixels that are as wide as their area.
 *
 * @param grey image to resize.
 * @param width width of the result, pixels.
 * @param height height of the result, pixels.
 */
export function resizeArea(grey, width, height) {
  if (width === grey.width && height === grey.height) return grey
  // As OpenCV computes it: the inverse of the inverse is not always the same number.
  const across = 1 / (width / grey.width)
  const down = 1 / (height / grey.height)
  if (across < 1 || down < 1) return interpolated(grey, width, height)
  if (Number.isInteger(across) && Number.isInteger(down)) return meansOfBlocks(grey, across, down)
  return weightedMeans(grey, weights(grey.width, width, across), weights(grey.height, height, down))
}

function meansOfBlocks(grey, across, down) {
  const width = grey.width / across
  const height = grey.height / down
  const data = new Uint8Array(width * height)
  const share = fround(1 / (across * down))
  const four = across === 2 && down === 2
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let sum = 0
      for (let y = row * down; y < (row + 1) * down; y++) {
        const start = y * grey.width + column * across
        for (let x = start; x < start + across; x++) sum += grey.data[x]
      }
      // Of four values the mean is rounded half up, of others half to even.
      data[row * width + column] = four ? (sum + 2) >> 2 : roundEven(fround(fround(sum) * share))
    }
  }
  return { width, height, data }
}

/** Return for each pixel along one side of the result: first pixel of the source, and a weight for each. */
function weights(length, resized, scale) {
  return Array.from({ length: resized }, (_, index) => {
    const start = index * scale
    const end = start + scale
    const covered = Math.min(scale, length - start)
    const last = Math.min(Math.floor(end), length - 1)
    const first = Math.min(Math.ceil(start), last)
    const before = first - start > NARROW
    const shares = before ? [fround((first - start) / covered)] : []
    for (let whole = first; whole < last; whole++) shares.push(fround(1 / covered))
    if (end - last > NARROW) shares.push(fround(Math.min(end - last, 1, covered) / covered))
    return { first: before ? first - 1 : first, shares }
  })
}

function weightedMeans(grey, columns, rows) {
  const width = columns.length
  const data = new Uint8Array(width * rows.length)
  const sums = new Float32Array(width)
  rows.forEach((row, y) => {
    sums.fill(0)
    row.shares.forEach((share, below) => {
      const start = (row.first + below) * grey.width
      columns.forEach((column, x) => {
        let sum = 0
        let source = start + column.first
        for (const weight of column.shares) sum = fround(sum + fround(grey.data[source++] * weight))
        sums[x] += fround(share * sum)
      })
    })
    sums.forEach((sum, x) => { data[y * width + x] = Math.min(255, roundEven(sum)); })
  })
  return { width, height: rows.length, data }
}

/** Return for each pixel along one side: a pixel of the source, the one after it, and their weights. */
function neighbours(length, resized) {
  const inverse = resized / length
  const scale = 1 / inverse
  return Array.from({ length: resized }, (_, index) => {
    const at = Math.floor(index * scale)
    const beyond = fround(index + 1 - (at + 1) * inverse)
    const share = at + 1 >= length || beyond <= 0 ? 0 : fround(beyond - Math.floor(beyond))
    const unit = 1 << WEIGHT_BITS
    return {
      at: Math.min(at, length - 1),
      after: Math.min(at + 1, length - 1),
      weightAt: roundEven(fround(1 - share) * unit),
      weightAfter: roundEven(share * unit),
    }
  })
}

function interpolated(grey, width, height) {
  const columns = neighbours(grey.width, width)
  const data = new Uint8Array(width * height)
  const along = (row, { at, after, weightAt, weightAfter }) =>
    (grey.data[row * grey.width + at] * weightAt + grey.data[row * grey.width + after] * weightAfter) >> 4
  neighbours(grey.height, height).forEach(({ at, after, weightAt, weightAfter }, y) => {
    columns.forEach((column, x) => {
      const upper = (weightAt * along(at, column)) >> 16
      const lower = (weightAfter * along(after, column)) >> 16
      data[y * width + x] = (upper + lower + 2) >> 2
    })
  })
  return { width, height, data }
}
