// Tells by its pixels whether an image can be an ultrasound image, or is black and white only, or blank
// (core/images/content.py: look). The constants mean what they mean there.
//
// Counts are the numbers of pixels of each grey value, 256 of them. Shares are rounded to float32 where NumPy
// rounds them, so that they lie on the same side of a threshold.

import { toGrey } from "./grey.js"
import { resizeArea } from "./resize_area.js"

const { fround } = Math
const MOST_PIXELS = 30_000
const FEWEST_ROWS = 64
const FEW_EXTREME = 0.8
const FEW_EQUAL = 0.85
const BLACK = 8
const WHITE = 247
const EXTREME = 0.95
const WHITE_OF_LIT = 0.3
const LABELS = 4
const LABELS_APART = 8
const EXACT = 0.999
const EQUAL_EXACT = 0.97
const EQUAL = 0.92
const NEAR_PEAKS = 0.99
const LIT_NEAR_PEAKS = 0.75
const APART = 28
const PEAKS = 4
const PEAK_WIDTH = 8
const PEAK_SHARE = 0.002
const LIT = 0.0005
const MARGIN = 4
const SIDE = 32

/**
 * Tell whether an image can be an ultrasound image.
 *
 * @param image {width, height, data}, RGB.
 * @returns "black and white" for a segmentation mask, "blank", or "" for an image.
 */
export function look(image) {
  const rows = everyFewRows(image)
  const [red, green, blue] = [0, 1, 2].map((channel) => channelOf(rows, channel))
  if (
    contrast(green) >= 1 &&
    shareOfExtremes(green) < FEW_EXTREME &&
    shareOfEquals(green) < FEW_EQUAL
  ) return ""
  const channels = [red, green, blue]
  const counts = channels.map(count)
  if (Math.max(...counts.map((one) => shareApart(one, 0))) <= LIT) return "blank"
  const brightest = green.data.map((value, at) => Math.max(value, red.data[at], blue.data[at]))
  if (isTwoValued(counts, count({ data: brightest }))) return "black and white"
  if (isLabelMap(counts, toGrey(rows))) return "black and white"
  const nearlyOneValue = Math.max(...counts.map((one) => shareApart(one, MARGIN))) <= LIT
  return nearlyOneValue || Math.max(...channels.map(contrast)) < 1 ? "blank" : ""
}

/** Leave out rows of a large image. */
function everyFewRows({ width, height, data }) {
  const most = Math.floor((height * width) / MOST_PIXELS)
  const step = Math.max(1, Math.min(most, Math.floor(height / FEWEST_ROWS)))
  const kept = Math.ceil(height / step)
  const rows = new Uint8Array(kept * width * 3)
  for (let row = 0; row < kept; row++) {
    const start = row * step * width * 3
    rows.set(data.subarray(start, start + width * 3), row * width * 3)
  }
  return { width, height: kept, data: rows }
}

function channelOf({ width, height, data }, channel) {
  const values = new Uint8Array(width * height)
  for (let pixel = 0; pixel < values.length; pixel++) values[pixel] = data[3 * pixel + channel]
  return { width, height, data: values }
}

/** Return the standard deviation of a thumbnail, in which neither noise nor a few pixels show. */
function contrast(values) {
  const { data } = resizeArea(values, SIDE, SIDE)
  const mean = total(data) / data.length
  return Math.sqrt(total(Float64Array.from(data, (value) => (value - mean) ** 2)) / data.length)
}

function shareOfExtremes({ data }) {
  let extremes = 0
  for (const value of data) extremes += value <= BLACK || value >= WHITE
  return extremes / data.length
}

/** Return the share of pixels that equal their neighbour; 1 in an image that is one pixel wide. */
function shareOfEquals({ width, height, data }) {
  if (width === 1) return 1
  let equal = 0
  for (let row = 0; row < height; row++) {
    for (let at = row * width + 1; at < (row + 1) * width; at++) equal += data[at] === data[at - 1]
  }
  return equal / (height * (width - 1))
}

function count({ data }) {
  const counts = new Array(256).fill(0)
  for (const value of data) counts[value] += 1
  return counts
}

function total(values) {
  return values.reduce((sum, value) => sum + value, 0)
}

function spread(values) {
  return Math.max(...values) - Math.min(...values)
}

/** Return the number of pixels of the grey values around one. */
function around(counts, value, margin) {
  return total(counts.slice(Math.max(0, value - margin), value + margin + 1))
}

function mostFrequent(counts) {
  return counts.indexOf(Math.max(...counts))
}

/** Return the share of pixels that differ from the most frequent value by more than a margin. */
function shareApart(counts, margin) {
  return fround(1 - fround(around(counts, mostFrequent(counts), margin) / total(counts)))
}

function isTwoValued(counts, brightest) {
  const extreme = total(counts.map((one) => total(one.slice(0, BLACK + 1)) + total(one.slice(WHITE))))
  const white = total(brightest.slice(WHITE))
  const lit = total(brightest.slice(BLACK + 1))
  const pixels = total(brightest)
  return extreme >= EXTREME * counts.length * pixels && white >= Math.max(WHITE_OF_LIT * lit, LIT * pixels)
}

function isLabelMap(counts, grey) {
  const equal = shareOfEquals(grey)
  if (equal >= EQUAL_EXACT && counts.every(hasFewValues)) return true
  if (equal < EQUAL) return false
  const found = peaks(count(grey))
  const near = total(found.map(({ share }) => share))
  const highest = found[0].share
  return (
    near >= NEAR_PEAKS &&
    near - highest >= LIT_NEAR_PEAKS * (1 - highest) &&
    spread(found.map(({ position }) => position)) >= APART
  )
}

function hasFewValues(counts) {
  // Of equally frequent values the highest first.
  const values = counts.map((_, value) => 255 - value)
  const frequent = values.sort((one, other) => counts[other] - counts[one])
  const enough = fround(fround(EXACT) * total(counts))
  let few = 0
  let pixels = 0
  while (few < LABELS_APART && pixels < enough) pixels += counts[frequent[few++]]
  if (pixels < enough) return false
  return few <= LABELS || spread(frequent.slice(0, few)) >= APART
}

/** Return the grey value of the highest peaks and the share of values around each, highest first. */
function peaks(counts) {
  const left = [...counts]
  const found = []
  for (let number = 0; number < PEAKS; number++) {
    const position = mostFrequent(left)
    const share = fround(around(left, position, PEAK_WIDTH) / total(counts))
    if (share < PEAK_SHARE && found.length) break
    found.push({ position, share })
    left.fill(0, Math.max(0, position - PEAK_WIDTH), position + PEAK_WIDTH + 1)
  }
  return found
}
