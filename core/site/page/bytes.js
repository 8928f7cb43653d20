// Reading bytes of untrusted files: a place beyond the end is an error, never another value.
import { ImageError, damaged } from "./image_error.js"

// Chunks, segments or blocks of a file: real ones have a few hundred. A file of millions would take memory.
const MAX_PIECES = 50_000
// Bytes of a compressed stream that are decompressed at a time, to at most a thousand times as many.
const SLICE = 4096

/** A view of bytes whose methods throw an ImageError beyond the end. */
export class Reader {
  constructor(bytes) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.length = bytes.length
    this.pieces = 0
  }

  /** Count a piece of the file; too many are an error. */
  piece() {
    this.pieces += 1
    if (this.pieces > MAX_PIECES) throw new ImageError("structure")
  }

  #at(place, size) {
    if (!(place >= 0 && place + size <= this.length)) throw damaged()
    return place
  }

  u8(place) {
    return this.bytes[this.#at(place, 1)]
  }

  u16(place, little = false) {
    return this.view.getUint16(this.#at(place, 2), little)
  }

  u24(place) {
    return this.u16(place, true) | (this.u8(place + 2) << 16) // little-endian, as WebP has it
  }

  u32(place, little = false) {
    return this.view.getUint32(this.#at(place, 4), little)
  }

  i32(place, little = false) {
    return this.view.getInt32(this.#at(place, 4), little)
  }

  slice(place, size) {
    return this.bytes.subarray(this.#at(place, size), place + size)
  }

  /** Text of bytes as Latin-1, which every byte is a character of. */
  text(place, size) {
    return latin1(this.slice(place, size))
  }
}

export const fromBase64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0))

export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

export const latin1 = (bytes) => {
  let text = ""
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192))
  }
  return text
}

/** Decompress a zlib stream to at most `most` bytes; what follows in it is left, as a bomb would have to be. */
export const inflate = async (pieces, most) => {
  const stream = new DecompressionStream("deflate")
  const reader = stream.readable.getReader()
  feed(stream.writable.getWriter(), pieces).catch(() => {}) // reading fails as well, or has ended
  const found = new Uint8Array(most)
  let length = 0
  try {
    while (length < most) {
      const { done, value } = await reader.read()
      if (done) break
      const part = value.subarray(0, most - length)
      found.set(part, length)
      length += part.length
    }
  } catch {
    // A damaged stream: what came before it counts.
  }
  reader.cancel().catch(() => {})
  return found.subarray(0, length)
}

/** Write pieces as fast as they are read: a browser decompresses whole what it is given at once. */
const feed = async (writer, pieces) => {
  for (const piece of pieces) {
    for (let start = 0; start < piece.length; start += SLICE) {
      await writer.write(piece.subarray(start, start + SLICE))
    }
  }
  await writer.close()
}
