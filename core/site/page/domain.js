// How far an image is from the training images (core/inference/domain_scores.py).
import { statistics } from "./statistics.js"

const TINY = 2 ** -126 // the smallest normal float32

/** Return a row scaled to length 1; a row of zeros stays. */
const unit = (row) => {
  const most = Math.max(row.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0), TINY)
  const scaled = Float32Array.from(row, (value) => value / most)
  const length = Math.max(Math.sqrt(scaled.reduce((sum, value) => sum + value * value, 0)), TINY)
  return scaled.map((value) => value / length)
}

const halfToNumber = (bits) => {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024))
}

/** Return the arrays of each limit, by name, from the bytes of domain.bin. */
const read = (limits, buffer) => {
  let place = 0
  return limits.map(({ arrays }) =>
    Object.fromEntries(
      arrays.map(([name, size]) => {
        const half = name.startsWith("half_")
        const view = new DataView(buffer, place, size * (half ? 2 : 4))
        const number = half
          ? (index) => halfToNumber(view.getUint16(2 * index, true))
          : (index) => view.getFloat32(4 * index, true)
        place += Math.ceil(view.byteLength / 4) * 4
        return [name, Float32Array.from({ length: size }, (_, index) => number(index))]
      }),
    ),
  )
}

const nearest = ({ half_training: stored }) => {
  let rows = null
  return (embedding) => {
    const width = embedding.length
    rows ??= Array.from({ length: stored.length / width }, (_, row) => unit(stored.subarray(row * width, (row + 1) * width)))
    const one = unit(embedding)
    const closest = rows.reduce((best, row) => Math.max(best, row.reduce((sum, value, at) => sum + value * one[at], 0)), -2)
    return Math.min(Math.max(1 - closest, 0), 2)
  }
}

/** Length of the centred row times the whitening matrix, whose upper triangle is stored column by column. */
const gaussian = ({ centre, whitening }) => (row) => {
  const centred = row.map((value, at) => value - centre[at])
  let sum = 0
  for (let column = 0, place = 0; column < centred.length; column++) {
    let value = 0
    for (let at = 0; at <= column; at++) value += centred[at] * whitening[place++]
    sum += value * value
  }
  return Math.sqrt(sum)
}

const scoreOf = (score, arrays) => {
  if (score === "nearest") return nearest(arrays)
  const distance = gaussian(arrays)
  if (score === "mahalanobis") return (embedding) => distance(unit(embedding))
  const { mean, spread } = arrays
  return (_, fitted) => distance(statistics(fitted).map((value, at) => (value - mean[at]) / spread[at]))
}

/** Return a function of an embedding and the network's input that gives the distance by each limit, float32. */
export const domainScores = (limits, buffer) => {
  const arrays = read(limits, buffer)
  const scores = limits.map(({ score }, index) => scoreOf(score, arrays[index]))
  return (embedding, fitted) => scores.map((score) => Math.fround(score(embedding, fitted)))
}
