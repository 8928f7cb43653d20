// A decoder of BMP that gives Pillow's pixels; browsers differ over transparency.
import { Reader } from "./bytes.js"
import { ImageError, damaged } from "./image_error.js"

const RAW = 0, BITFIELDS = 3
// Places of blue, green, red and, where there is one, alpha in a pixel of 32 bits, by the masks of the header.
const LAYOUTS = {
  "ff0000,ff00,ff,0": [0, 1, 2],
  "ff000000,ff0000,ff00,0": [1, 2, 3],
  "ff000000,ff0000,ff00,ff": [1, 2, 3, 0],
  "ff,ff00,ff0000,ff000000": [2, 1, 0, 3],
  "ff0000,ff00,ff,ff000000": [0, 1, 2, 3],
  "0,0,0,0": [0, 1, 2, 3],
}

/** Read everything but the pixels. */
export const header = (bytes) => {
  const reader = new Reader(bytes)
  const little = (place) => reader.u32(place, true)
  const size = little(14), old = size === 12
  if (![12, 40, 52, 56, 64, 108, 124].includes(size)) throw damaged()
  const height = old ? reader.u16(20, true) : reader.i32(22, true)
  const found = {
    reader,
    width: old ? reader.u16(18, true) : little(18),
    height: Math.abs(height),
    topDown: height < 0,
    bits: reader.u16(old ? 24 : 28, true),
    offset: little(10),
    entry: old ? 3 : 4,
    size,
  }
  const compression = old ? RAW : little(30)
  found.colours = (old ? 0 : little(46)) || 2 ** Math.min(found.bits, 8)
  found.layout = LAYOUTS["ff0000,ff00,ff,0"]
  if (compression === BITFIELDS && found.bits === 32) {
    const masks = [54, 58, 62].map(little)
    masks.push(size >= 56 ? little(66) : 0)
    found.layout = LAYOUTS[masks.map((mask) => mask.toString(16)).join()]
  } else if (compression !== RAW || ![1, 4, 8, 24, 32].includes(found.bits)) found.layout = undefined
  if (!found.width || !found.height) throw damaged()
  if (!found.layout) throw new ImageError("unusual", { format: "BMP" })
  return found
}

/** Decode the pixels: `{width, height, data, alpha}`. */
export const decode = ({ reader, width, height, topDown, bits, offset, entry, size, colours, layout }) => {
  const line = Math.ceil((width * bits) / 32) * 4
  if (offset + (height - 1) * line + Math.ceil((width * bits) / 8) > reader.length) throw damaged()
  const data = new Uint8Array(3 * width * height)
  const alpha = bits === 32 && layout.length === 4 ? new Uint8Array(width * height) : null
  const { bytes } = reader
  const palette = bits <= 8 ? reader.slice(14 + size, Math.min(entry * colours, reader.length - 14 - size)) : null
  const [blue, green, red, opacity] = layout
  for (let row = 0; row < height; row++) {
    const from = offset + (topDown ? row : height - 1 - row) * line
    for (let column = 0; column < width; column++) {
      const at = row * width + column, to = 3 * at
      if (palette) {
        const bit = column * bits
        const index = (bytes[from + (bit >> 3)] >> (8 - bits - (bit & 7))) & ((1 << bits) - 1)
        for (let channel = 0; channel < 3; channel++) {
          // Without an entry an index is black, as in Pillow.
          data[to + channel] = index < colours ? (palette[entry * index + 2 - channel] ?? 0) : 0
        }
      } else {
        const pixel = from + column * (bits / 8)
        data[to] = bytes[pixel + red]
        data[to + 1] = bytes[pixel + green]
        data[to + 2] = bytes[pixel + blue]
        if (alpha) alpha[at] = bytes[pixel + opacity]
      }
    }
  }
  return { width, height, data, alpha }
}
