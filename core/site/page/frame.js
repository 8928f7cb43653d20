// Finds the ultrasound image within a frame: a border, a viewer's window or a scanner's screen
// (core/images/frame.py: find_content). The constants mean what they mean there.

import { cropGrey, transpose, whole, within } from "./grey.js"
import { findTissue } from "./texture.js"

const FLAT = 8
const FILLED = 0.4
const REACH = 8
const EQUAL = 0.85
const SMALLEST = 8

/** Find the rectangle of the ultrasound image; the whole image where there is no frame. */
export function findContent(grey) {
  const trimmed = withoutFlatMargins(grey)
  const inside = cropGrey(grey, trimmed)
  const tissue = textured(inside)
  return tissue === null ? trimmed : within(extended(inside, tissue), trimmed)
}

/** Crop rows and columns of one grey value at the edges, also borders within borders. */
function withoutFlatMargins(grey) {
  let box = whole(grey)
  for (;;) {
    const inside = cropGrey(grey, box)
    const rows = ends(varying(inside))
    if (rows === null) return box
    const kept = { top: rows.first, bottom: rows.end, left: 0, right: inside.width }
    const columns = ends(varying(transpose(cropGrey(inside, kept))))
    if (columns === null) return box
    const found = within({ ...kept, left: columns.first, right: columns.end }, box)
    if (Object.keys(box).every((edge) => found[edge] === box[edge])) return box
    box = found
  }
}

/** Return which rows have grey values that differ. */
function varying({ width, height, data }) {
  return Array.from({ length: height }, (_, row) => {
    let least = 255
    let most = 0
    for (let at = row * width; at < (row + 1) * width; at++) {
      if (data[at] < least) least = data[at]
      if (data[at] > most) most = data[at]
    }
    return most - least > FLAT
  })
}

/** Return the half-open range from the first line that is true to the last; null where none is. */
function ends(lines) {
  const first = lines.indexOf(true)
  return first < 0 ? null : { first, end: lines.lastIndexOf(true) + 1 }
}

/** Return a rectangle in the largest textured region, well within its edges; null where there is none. */
function textured(grey) {
  const tissue = findTissue(grey)
  if (tissue === null) return null
  const { side, map } = tissue
  const inRows = new Array(side).fill(0)
  const inColumns = new Array(side).fill(0)
  map.forEach((set, at) => {
    inRows[Math.floor(at / side)] += set
    inColumns[at % side] += set
  })
  const [top, bottom] = filled(inRows, grey.height)
  const [left, right] = filled(inColumns, grey.width)
  return Math.min(bottom - top, right - left) >= SMALLEST ? { top, bottom, left, right } : null
}

/** Return the first and the last line of tissue, as half-open range of an image with so many lines. */
function filled(counts, length) {
  const { first, end } = ends(counts.map((count) => count >= FILLED * Math.max(...counts)))
  const scale = length / counts.length
  return [Math.trunc((first + REACH) * scale), Math.ceil((end - REACH) * scale)]
}

/** Extend a rectangle of tissue to all sides, up to lines of a frame. */
function extended(grey, tissue) {
  const turned = transpose(grey)
  let rows = [tissue.top, tissue.bottom]
  let columns = [tissue.left, tissue.right]
  // The second time over the full length of the other side.
  for (let time = 0; time < 2; time++) {
    rows = between(frameLines(grey, ...columns), ...rows)
    columns = between(frameLines(turned, ...rows), ...columns)
  }
  return { top: rows[0], bottom: rows[1], left: columns[0], right: columns[1] }
}

/** Return which rows have nearly one grey value between two columns. */
function frameLines({ width, height, data }, left, right) {
  return Array.from({ length: height }, (_, row) => {
    const line = data.subarray(row * width + left, row * width + right)
    let equal = 0
    for (let at = 1; at < line.length; at++) equal += line[at] === line[at - 1]
    // Rules most lines out, at little cost. In a line of one pixel there is nothing to compare.
    if (!(equal / (line.length - 1) >= EQUAL)) return false
    const middle = median(line)
    let same = 0
    for (const value of line) same += value === middle
    return same / line.length >= EQUAL
  })
}

function median(line) {
  const sorted = Uint8Array.from(line).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Return the half-open range around first to end that has no further line of a frame. */
function between(lines, first, end) {
  const before = lines.slice(0, first).lastIndexOf(true)
  const after = lines.indexOf(true, end)
  return [before + 1, after < 0 ? lines.length : after]
}
