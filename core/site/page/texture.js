// Tells tissue by its texture (core/images/frame.py: texture, _textured), with OpenCV's filters bit for bit.
//
// All of it works on a square of grey values; a map has one number for each of its pixels, row by row.

import { resizeArea } from "./resize_area.js"

const { fround } = Math
// The constants mean what they mean in frame.py.
const SIDE = 176
const STROKES = 7
const WINDOW = 9
const TEXTURE = 0.05
const BRIDGE = 13
const REGION = 0.15

/**
 * Return which parts of an image are tissue: its largest textured regions.
 *
 * @param grey image of any size.
 * @returns {side, map}: 1 for tissue and 0 elsewhere, in a square; or null where there is none.
 */
export function findTissue(grey) {
  const smooth = medianBlur(resizeArea(grey, SIDE, SIDE).data, SIDE, STROKES)
  const textured = Uint8Array.from(texture(smooth, SIDE, WINDOW), (value) => value >= fround(TEXTURE))
  // Parts what thin bridges join: lines of text between the image and another item of a screen.
  const opened = dilate(erode(textured, SIDE, BRIDGE), SIDE, BRIDGE)
  const { numbers, areas } = regions(opened, SIDE)
  if (!areas.length) return null
  const smallest = REGION * Math.max(...areas)
  return { side: SIDE, map: numbers.map((number) => number > 0 && areas[number - 1] >= smallest) }
}

/**
 * Return how much grey values vary at each pixel, in the direction in which they vary least: the smaller
 * eigenvalue of the structure tensor (Förstner and Gülch 1987).
 *
 * @param values grey values of a square, 0–255.
 * @param side side of the square, pixels.
 * @param window side of the square over which it is averaged, pixels.
 * @returns (grey levels per pixel) squared, Float32Array.
 */
export function texture(values, side, window) {
  const { right, down } = slopes(values, side)
  const mean = (one, other) => boxFilter(one.map((slope, at) => slope * other[at]), side, window)
  const across = mean(right, right)
  const along = mean(down, down)
  const both = mean(right, down)
  return Float32Array.from(across, (value, at) => {
    const half = fround(value - along[at]) / 2
    return fround(fround(value + along[at]) / 2) - fround(Math.sqrt(half * half + both[at] * both[at]))
  })
}

// The position that stands for one outside: the edge is repeated, mirrored, or mirrored without itself.
const repeated = (at, side) => Math.min(Math.max(at, 0), side - 1)
const mirrored = (at, side) => (at < 0 ? -1 - at : at >= side ? 2 * side - 1 - at : at)
const reflected = (at, side) => (at < 0 ? -at : at >= side ? 2 * side - 2 - at : at)

/** Return the median of the square around each pixel. */
function medianBlur(values, side, window) {
  const reach = window >> 1
  const medians = new Uint8Array(values.length)
  const counts = new Uint8Array(256)
  const count = (row, column, step) => {
    for (let y = row - reach; y <= row + reach; y++) {
      counts[values[repeated(y, side) * side + repeated(column, side)]] += step
    }
  }
  for (let row = 0; row < side; row++) {
    counts.fill(0)
    for (let column = -reach; column < reach; column++) count(row, column, 1)
    for (let column = 0; column < side; column++) {
      count(row, column + reach, 1)
      let below = 0
      let median = -1
      while (2 * below < window * window) below += counts[++median]
      medians[row * side + column] = median
      count(row, column - reach, -1)
    }
  }
  return medians
}

/** Return the slopes to the right and downwards (Sobel), grey levels per pixel. */
function slopes(values, side) {
  const right = new Float32Array(values.length)
  const down = new Float32Array(values.length)
  for (let row = 0; row < side; row++) {
    const [above, at, below] = [row - 1, row, row + 1].map((y) => reflected(y, side) * side)
    for (let column = 0; column < side; column++) {
      const before = reflected(column - 1, side)
      const after = reflected(column + 1, side)
      const ends = values[below + after] - values[above + before]
      const other = values[above + after] - values[below + before]
      right[at + column] = (ends + other + 2 * (values[at + after] - values[at + before])) / 8
      down[at + column] = (ends - other + 2 * (values[below + column] - values[above + column])) / 8
    }
  }
  return { right, down }
}

/** Return the mean of the square around each pixel. */
function boxFilter(values, side, window) {
  const along = sums(values, side, window, (row, column) => row * side + column)
  const both = sums(along, side, window, (column, row) => row * side + column)
  return Float32Array.from(both, (sum) => sum * (1 / (window * window)))
}

/** Return the sum of the line around each pixel; place returns the position of a pixel in a line. */
function sums(values, side, window, place) {
  const reach = window >> 1
  const found = new Float64Array(values.length)
  for (let line = 0; line < side; line++) {
    for (let at = 0; at < side; at++) {
      let sum = 0
      for (let near = at - reach; near <= at + reach; near++) {
        sum += values[place(line, mirrored(near, side))]
      }
      found[place(line, at)] = sum
    }
  }
  return found
}

/** Keep the pixels whose whole square is set; what lies outside is not. */
function erode(map, side, window) {
  return Uint8Array.from(counted(map, side, window), (count) => count === window * window)
}

/** Set the pixels that have any pixel of their square set. */
function dilate(map, side, window) {
  return Uint8Array.from(counted(map, side, window), (count) => count > 0)
}

/** Return how many pixels are set in the square around each. */
function counted(map, side, window) {
  const reach = window >> 1
  const line = side + 1
  const below = new Int32Array(line * line) // of the rectangle from the top left corner
  for (let row = 0; row < side; row++) {
    let sum = 0
    for (let column = 0; column < side; column++) {
      sum += map[row * side + column]
      below[(row + 1) * line + column + 1] = below[row * line + column + 1] + sum
    }
  }
  const edges = (at) => [Math.max(at - reach, 0), Math.min(at + reach + 1, side)]
  return Int32Array.from(map, (_, at) => {
    const [top, bottom] = edges(Math.floor(at / side)).map((row) => row * line)
    const [left, right] = edges(at % side)
    return below[bottom + right] - below[top + right] - below[bottom + left] + below[top + left]
  })
}

/** Number the regions of pixels that touch along an edge, from 1; areas are in the order of the numbers. */
function regions(map, side) {
  const numbers = new Int32Array(map.length)
  const areas = []
  for (let start = 0; start < map.length; start++) {
    if (!map[start] || numbers[start]) continue
    const found = [start]
    numbers[start] = areas.length + 1
    for (const at of found) { // grows meanwhile
      const column = at % side
      const around = [at - side, at + side, column > 0 ? at - 1 : -1, column < side - 1 ? at + 1 : -1]
      for (const next of around) {
        if (map[next] && !numbers[next]) {
          numbers[next] = areas.length + 1
          found.push(next)
        }
      }
    }
    areas.push(found.length)
  }
  return { numbers, areas }
}
