// JPEG: its header is read here, its pixels are decoded by the browser. Metadata are taken out before, so that
// no browser turns the image or converts its colours.
import { Reader, latin1 } from "./bytes.js"
import { ImageError, damaged } from "./image_error.js"
import { orientationOf } from "./orientation.js"
import { pixelsOf } from "./browser_decoder.js"

const MAX_SCANS = 24 // each scan of a progressive JPEG is a pass over the whole image
const HUFFMAN = [0xc0, 0xc1, 0xc2] // baseline, extended and progressive
const XMP = "http://ns.adobe.com/xap/1.0/\0"

const join = (pieces) => {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let place = 0
  for (const piece of pieces) {
    all.set(piece, place)
    place += piece.length
  }
  return all
}

/** Read everything but the pixels. */
export const header = (bytes) => {
  const reader = new Reader(bytes)
  const kept = [bytes.subarray(0, 2)], exif = []
  let [frame, xmp, place] = [null, null, 2]
  for (;;) {
    reader.piece()
    if (reader.u8(place) !== 0xff) throw damaged()
    const marker = reader.u8(place + 1)
    if (marker === 0xff) {
      place += 1 // padding
      continue
    }
    if (marker === 0xda) break
    const size = reader.u16(place + 2), content = reader.slice(place + 4, size - 2)
    const text = latin1(content.subarray(0, XMP.length))
    if (marker === 0xe1 && text.startsWith("Exif\0\0")) exif.push(exif.length ? content.subarray(6) : content)
    else if (marker === 0xe1 && text === XMP) xmp = content.subarray(XMP.length)
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      frame = { marker, bits: reader.u8(place + 4), height: reader.u16(place + 5), width: reader.u16(place + 7) }
      frame.channels = reader.u8(place + 9)
    }
    // JFIF (E0) and Adobe's marker (EE) say which colours the channels are.
    if (marker < 0xe1 || marker === 0xee || marker > 0xef) kept.push(bytes.subarray(place, place + 2 + size))
    place += 2 + size
  }
  if (!frame?.width || !frame.height) throw damaged()
  if (!HUFFMAN.includes(frame.marker) || frame.bits !== 8) throw new ImageError("unusual", { format: "JPEG" })
  if (frame.channels !== 1 && frame.channels !== 3) throw new ImageError("cmyk")
  checkScans(bytes, place)
  return { ...frame, kept: [...kept, bytes.subarray(place)], exif: exif.length ? join(exif) : null, xmp }
}

const checkScans = (bytes, start) => {
  let scans = 0, ended = false
  for (let place = bytes.indexOf(0xff, start); place >= 0; place = bytes.indexOf(0xff, place + 1)) {
    if (bytes[place + 1] === 0xda) scans += 1
    if (bytes[place + 1] === 0xd9) ended = true
  }
  if (scans > MAX_SCANS) throw new ImageError("structure")
  // A browser paints what is missing grey.
  if (!ended) throw damaged()
}

/** Decode the pixels: `{width, height, data, alpha}`. */
export const decode = async (found) => {
  const { data } = await pixelsOf(join(found.kept), "image/jpeg", found)
  return { width: found.width, height: found.height, data, alpha: null }
}

export const orientation = ({ exif, xmp }) => orientationOf(exif, xmp)
