// Statistics of grey values, colours and texture (core/images/statistics.py).
import { toGrey } from "./grey.js"

const EDGES = [0, 8, 32, 64, 96, 128, 160, 192, 224, 248, 256]
const REDUCTIONS = [1, 2, 4, 8]
const EQUAL = 1

const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const spreadOf = (values, mean) =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)

/** Return the statistics of a network's input, `{width, height, data}`. */
export const statistics = ({ width, height, data }) => {
  const grey = toGrey({ width, height, data })
  const saturation = Float64Array.from({ length: width * height }, (_, at) => {
    const [red, green, blue] = data.subarray(3 * at, 3 * at + 3)
    return Math.max(red, green, blue) - Math.min(red, green, blue)
  })
  const mean = meanOf(saturation)
  const counts = new Array(EDGES.length - 1).fill(0)
  const bin = Array.from({ length: 256 }, (_, value) => EDGES.findLastIndex((edge) => edge <= value))
  for (const value of grey.data) counts[bin[value]] += 1
  const found = [Math.log1p(mean), Math.log1p(spreadOf(saturation, mean)), meanOf(grey.data) / 255]
  found.push(...counts.map((count) => Math.sqrt(count / grey.data.length)))
  for (const reduction of REDUCTIONS) {
    const smaller = reduced(grey, Math.floor(width / reduction), Math.floor(height / reduction))
    found.push(...stepsOf(smaller, 1, 0), ...stepsOf(smaller, 0, 1))
  }
  return Float32Array.from(found)
}

/** Mean and standard deviation of the differences of neighbours, and the share of those that are equal. */
const stepsOf = ({ width, height, data }, right, down) => {
  const steps = new Float64Array((width - right) * (height - down))
  let to = 0
  for (let row = 0; row < height - down; row++) {
    for (let column = 0; column < width - right; column++) {
      const at = row * width + column
      steps[to++] = Math.abs(Math.fround(data[at + right + down * width] - data[at]))
    }
  }
  const mean = meanOf(steps)
  const equal = steps.reduce((count, step) => count + (step < EQUAL), 0)
  return [Math.log1p(mean), Math.log1p(spreadOf(steps, mean)), equal / steps.length]
}

/** Reduce grey values to means of the areas that they cover, without rounding (OpenCV's INTER_AREA on floats). */
const reduced = (grey, width, height) => {
  if (width === grey.width && height === grey.height) return grey
  const columns = shares(grey.width, width), rows = shares(grey.height, height)
  const data = new Float32Array(width * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let sum = 0
      for (const [y, share] of rows[row]) {
        for (const [x, part] of columns[column]) sum += grey.data[y * grey.width + x] * share * part
      }
      data[row * width + column] = sum
    }
  }
  return { width, height, data }
}

/** For each pixel of a reduced side: the pixels that it covers, each with its share. */
const shares = (from, to) =>
  Array.from({ length: to }, (_, place) => {
    const scale = from / to, start = place * scale, end = Math.min(start + scale, from)
    const covered = []
    for (let pixel = Math.floor(start); pixel < end; pixel++) {
      const part = Math.min(pixel + 1, end) - Math.max(pixel, start)
      if (part > 1e-3) covered.push([pixel, part / scale])
    }
    return covered
  })
