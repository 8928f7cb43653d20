// Saliency as a tint over the image, one cell at a time (core/inference/overlay.py, tint).
import { roundEven } from "./fit.js"

const LINE = 0.35 // opacity of the white borders between cells

/** Return the tint of a class, RGBA, `{width, height, data}`, of `side` pixels; opacity is 0-1. */
export const tint = ({ rows, columns, data: values }, ofClass, opacity, colour, side = 576) => {
  const strongest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1
  const data = new Uint8ClampedArray(4 * side * side)
  const cell = (place, count) => Math.floor((place * count) / side)
  for (let y = 0, to = 0; y < side; y++) {
    const row = cell(y, rows), above = y ? cell(y - 1, rows) : row
    for (let x = 0; x < side; x++, to += 4) {
      const column = cell(x, columns), before = x ? cell(x - 1, columns) : column
      const weight = Math.abs(values[(ofClass * rows + row) * columns + column] / strongest) * opacity
      const border = opacity > 0 && (above !== row || before !== column)
      const both = border ? LINE + (1 - LINE) * weight : weight
      for (let channel = 0; channel < 3; channel++) {
        const shown = border ? (255 * LINE + (1 - LINE) * weight * colour[channel]) / both : colour[channel]
        data[to + channel] = roundEven(shown)
      }
      data[to + 3] = roundEven(255 * both)
    }
  }
  return { width: side, height: side, data }
}
