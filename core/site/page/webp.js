// WebP: its header is read here, its pixels are decoded by the browser, without metadata. A canvas keeps colours
// multiplied by their opacity, which loses some; so of a lossy file the colours are decoded from a copy without
// opacity.
import { Reader } from "./bytes.js"
import { damaged } from "./image_error.js"
import { orientationOf } from "./orientation.js"
import { pixelsOf, straightPixelsOf } from "./browser_decoder.js"

const ALPHA = 0x10, ANIMATED = 0x02 // flags of VP8X

/** Read everything but the pixels. */
export const header = (bytes) => {
  const reader = new Reader(bytes)
  const chunks = {}
  const end = Math.min(8 + reader.u32(4, true), reader.length)
  let frames = 0
  for (let place = 12; place + 8 <= end; ) {
    reader.piece()
    const name = reader.text(place, 4), size = reader.u32(place + 4, true)
    if (name === "ANMF") frames += 1
    chunks[name] ??= reader.slice(place + 8, size)
    place += 8 + size + (size & 1)
  }
  const lossless = chunks["VP8L"], lossy = chunks["VP8 "], extended = chunks["VP8X"]
  const flags = extended ? new Reader(extended).u8(0) : 0
  if (flags & ANIMATED && frames) {
    const of = new Reader(extended)
    return { width: of.u24(4) + 1, height: of.u24(7) + 1, frames: Math.max(frames, 2) }
  }
  if (!lossless === !lossy) throw damaged()
  const size = lossless ? sizeOfLossless(new Reader(lossless)) : sizeOfLossy(new Reader(lossy))
  if (extended) {
    const of = new Reader(extended)
    if (of.u24(4) + 1 !== size.width || of.u24(7) + 1 !== size.height) throw damaged()
  }
  return {
    ...size,
    frames: 1,
    lossless,
    lossy,
    alpha: lossy && flags & ALPHA ? chunks["ALPH"] : null,
    exif: chunks["EXIF"] ?? null,
    xmp: chunks["XMP "] ?? null,
  }
}

const sizeOfLossless = (reader) => {
  if (reader.u8(0) !== 0x2f) throw damaged()
  const bits = reader.u32(1, true)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}

const sizeOfLossy = (reader) => {
  if (reader.u24(3) !== 0x2a019d) throw damaged()
  return { width: reader.u16(6, true) & 0x3fff, height: reader.u16(8, true) & 0x3fff }
}

const chunk = (name, content) => {
  const found = new Uint8Array(8 + content.length + (content.length & 1))
  for (let index = 0; index < 4; index++) found[index] = name.charCodeAt(index)
  new DataView(found.buffer).setUint32(4, content.length, true)
  found.set(content, 8)
  return found
}

const file = (...chunks) => {
  const size = 4 + chunks.reduce((sum, one) => sum + one.length, 0)
  const all = new Uint8Array(8 + size)
  all.set(chunk("RIFF", new Uint8Array(0)))
  new DataView(all.buffer).setUint32(4, size, true)
  all.set([0x57, 0x45, 0x42, 0x50], 8) // WEBP
  let place = 12
  for (const one of chunks) {
    all.set(one, place)
    place += one.length
  }
  return all
}

/** Decode the pixels: `{width, height, data, alpha}`. */
export const decode = async (header) => {
  const { width, height, lossless, lossy, alpha } = header
  const size = { width, height }, pixels = (bytes) => pixelsOf(bytes, "image/webp", size)
  if (lossy) {
    const { data } = await pixels(file(chunk("VP8 ", lossy)))
    if (!alpha) return { width, height, data, alpha: null }
    const extended = new Uint8Array(10)
    extended[0] = ALPHA
    for (const [place, side] of [[4, width - 1], [7, height - 1]]) {
      extended.set([side & 255, (side >> 8) & 255, side >> 16], place)
    }
    const opacity = (await pixels(file(chunk("VP8X", extended), chunk("ALPH", alpha), chunk("VP8 ", lossy)))).alpha
    return { width, height, data, alpha: opacity }
  }
  const bytes = file(chunk("VP8L", lossless))
  const found = await pixels(bytes)
  return { width, height, ...(found.alpha.every((value) => value === 255) ? found : await straightPixelsOf(bytes, size)) }
}

export const orientation = ({ exif, xmp }) => orientationOf(exif, xmp)

