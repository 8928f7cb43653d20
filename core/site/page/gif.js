// GIF: its header is read here, its pixels are decoded by the browser, exactly: each is opaque or transparent.
import { Reader } from "./bytes.js"
import { ImageError, damaged } from "./image_error.js"
import { pixelsOf } from "./browser_decoder.js"

const tableBytes = (flags) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)

/** Read everything but the pixels. */
export const header = (bytes) => {
  const reader = new Reader(bytes)
  const [width, height] = [reader.u16(6, true), reader.u16(8, true)]
  let place = 13 + tableBytes(reader.u8(10)), frames = 0
  const skipBlocks = () => {
    for (let size = reader.u8(place); size; size = reader.u8(place)) place += 1 + size
    place += 1
  }
  for (let kind = reader.u8(place); kind !== 0x3b; kind = place < reader.length ? reader.u8(place) : 0x3b) {
    reader.piece()
    if (kind === 0x21) {
      place += 2
      skipBlocks()
    } else if (kind === 0x2c) {
      frames += 1
      const corner = [1, 3, 5, 7].map((offset) => reader.u16(place + offset, true))
      // What a smaller frame leaves free looks different in every program.
      if (frames === 1 && corner.join() !== [0, 0, width, height].join()) throw new ImageError("unusual", { format: "GIF" })
      place += 10 + tableBytes(reader.u8(place + 9)) + 1
      skipBlocks()
    } else throw damaged()
  }
  if (!frames || !width || !height) throw damaged()
  return { width, height, frames, bytes }
}

/** Decode the pixels: `{width, height, data, alpha}`. */
export const decode = async (found) => {
  const pixels = await pixelsOf(found.bytes, "image/gif", found)
  return { width: found.width, height: found.height, ...pixels }
}
