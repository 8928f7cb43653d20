// A decoder of PNG that gives Pillow's pixels. A browser's own would apply gamma and colour profiles, and loses
// colours under transparency.
import { Reader, inflate, latin1 } from "./bytes.js"
import { ImageError, damaged } from "./image_error.js"
import { orientationOf } from "./orientation.js"

const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const DEPTHS = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] }
const GREY = 0, RGB = 2, PALETTE = 3
const MAX_TEXT = 2 ** 20
// Column and row of the first pixel, and steps, of each pass of an interlaced image.
const ADAM7 = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]]
const MAX_TEXTS = 8 // with metadata, each of which is decompressed
const METADATA = ["Raw profile type exif\0", "XML:com.adobe.xmp\0"]

/** Read everything but the pixels. */
export const header = (bytes) => {
  const reader = new Reader(bytes)
  const found = { parts: [], frames: 1, palette: null, transparency: null, exif: null, xmp: null, texts: [] }
  let place = 8
  while (place + 8 <= reader.length) {
    reader.piece()
    const size = reader.u32(place), name = reader.text(place + 4, 4), start = place + 8
    if (name === "IEND") break
    // What follows the pixels may be cut off; Pillow takes the image.
    if (start + size > reader.length && found.parts.length && name !== "IDAT") break
    const content = reader.slice(start, Math.min(size, name === "IDAT" ? reader.length - start : size))
    if (!found.parts.length && name !== "IDAT" && reader.u32(start + size) !== crc(reader.slice(place + 4, size + 4))) {
      throw damaged()
    }
    if (place === 8 && name !== "IHDR") throw damaged()
    take(found, name, content)
    place = start + size + 4
  }
  if (!found.width || !found.height || !found.parts.length) throw damaged()
  if (!DEPTHS[found.colour]?.includes(found.depth)) throw damaged()
  const { palette, transparency } = found
  if (found.colour === PALETTE && (!palette || palette.length > 768 || transparency?.length > 256)) throw damaged()
  return found
}

const take = (found, name, content) => {
  const reader = new Reader(content)
  if (name === "IHDR") {
    Object.assign(found, { width: reader.u32(0), height: reader.u32(4), depth: reader.u8(8), colour: reader.u8(9) })
    if (reader.u8(11)) throw damaged()
    found.interlaced = reader.u8(12) !== 0
  } else if (name === "IDAT") found.parts.push(content)
  else if (name === "PLTE" && found.colour === PALETTE) found.palette = content
  else if (name === "tRNS") found.transparency = content
  else if (name === "eXIf") found.exif = content
  else if (name === "acTL" && !found.parts.length) found.frames = Math.max(reader.u32(0), 1)
  else if (["tEXt", "zTXt", "iTXt"].includes(name)) {
    const start = latin1(content.subarray(0, 24))
    if (METADATA.some((keyword) => start.startsWith(keyword))) found.texts.push([name, content])
    if (found.texts.length > MAX_TEXTS) throw new ImageError("structure")
  }
}

let table = null
const crc = (bytes) => {
  table ??= Uint32Array.from({ length: 256 }, (_, value) => {
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    return value
  })
  let value = ~0
  for (const byte of bytes) value = table[(value ^ byte) & 255] ^ (value >>> 8)
  return ~value >>> 0
}

/** Decode the pixels: `{width, height, data, alpha}`, with alpha null where every pixel is opaque. */
export const decode = async (found) => {
  const { width, height, depth, colour } = found
  const passes = (found.interlaced ? ADAM7 : [[0, 0, 1, 1]])
    .map(([x, y, dx, dy]) => ({ x, y, dx, dy, columns: ceil(width - x, dx), rows: ceil(height - y, dy) }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0)
  const bits = CHANNELS[colour] * depth
  const rowBytes = ({ columns }) => ceil(columns * bits, 8)
  const expected = passes.reduce((sum, pass) => sum + pass.rows * (1 + rowBytes(pass)), 0)
  const raw = await inflate(found.parts, expected)
  if (raw.length < expected) throw damaged()
  // One sample a byte, as stored; grey values of fewer bits are scaled below.
  const samples = new Uint8Array(width * height * CHANNELS[colour])
  let place = 0
  for (const pass of passes) {
    unfilter(raw, place, pass.rows, rowBytes(pass), Math.max(bits >> 3, 1))
    for (let row = 0; row < pass.rows; row++) {
      unpack(raw, place + row * (1 + rowBytes(pass)) + 1, samples, pass, row, width, depth, CHANNELS[colour])
    }
    place += pass.rows * (1 + rowBytes(pass))
  }
  return { width, height, ...coloured(found, samples) }
}

const ceil = (value, by) => Math.ceil(value / by)

const unfilter = (raw, start, rows, size, step) => {
  for (let row = 0; row < rows; row++) {
    const line = start + row * (size + 1), kind = raw[line], first = line + 1
    const above = row ? first - size - 1 : -1
    if (kind > 4) throw damaged()
    for (let index = 0; kind && index < size; index++) {
      const left = index >= step ? raw[first + index - step] : 0
      const up = above >= 0 ? raw[above + index] : 0
      let guess = kind === 1 ? left : kind === 2 ? up : (left + up) >> 1
      if (kind === 4) {
        const corner = above >= 0 && index >= step ? raw[above + index - step] : 0
        const nearLeft = Math.abs(up - corner), nearUp = Math.abs(left - corner)
        const nearCorner = Math.abs(left + up - 2 * corner)
        guess = nearLeft <= nearUp && nearLeft <= nearCorner ? left : nearUp <= nearCorner ? up : corner
      }
      raw[first + index] += guess
    }
  }
}

const unpack = (raw, from, samples, pass, row, width, depth, channels) => {
  const line = (pass.y + row * pass.dy) * width, mask = (1 << depth) - 1
  for (let column = 0; column < pass.columns; column++) {
    const to = (line + pass.x + column * pass.dx) * channels
    if (depth === 8) {
      for (let channel = 0; channel < channels; channel++) samples[to + channel] = raw[from + column * channels + channel]
    } else {
      const bit = column * depth
      samples[to] = (raw[from + (bit >> 3)] >> (8 - depth - (bit & 7))) & mask
    }
  }
}

/** Return samples as colours: `data`, RGB, and `alpha`. */
const coloured = (found, samples) => {
  const { colour, depth, palette, transparency } = found
  const channels = CHANNELS[colour], count = samples.length / channels
  const data = new Uint8Array(3 * count)
  const alpha = transparency || channels === 2 || channels === 4 ? new Uint8Array(count).fill(255) : null
  if (colour === PALETTE) {
    const entries = Math.floor(palette.length / 3)
    for (let at = 0; at < count; at++) {
      const index = samples[at]
      // Without an entry an index is black, as in Pillow.
      if (index < entries) data.set(palette.subarray(3 * index, 3 * index + 3), 3 * at)
      if (alpha) alpha[at] = transparency[index] ?? 255
    }
    return { data, alpha }
  }
  const scale = 255 / ((1 << depth) - 1), grey = channels < 3
  for (let at = 0; at < count; at++) {
    for (let channel = 0; channel < 3; channel++) {
      data[3 * at + channel] = samples[at * channels + (grey ? 0 : channel)] * scale
    }
    if (channels === 2 || channels === 4) alpha[at] = samples[at * channels + channels - 1]
  }
  if (transparency && (colour === GREY || colour === RGB)) keyOut(found, data, alpha)
  return { data, alpha }
}

/** Make the pixels of the transparent colour transparent. */
const keyOut = ({ colour, depth, transparency }, data, alpha) => {
  const reader = new Reader(transparency)
  const value = (place) => reader.u16(place) & 255
  // Pillow compares grey values of 2 and 4 bits, scaled, with the stored value.
  const grey = depth === 1 ? (reader.u16(0) ? 255 : 0) : value(0)
  const key = colour === GREY ? [grey, grey, grey] : [value(0), value(2), value(4)]
  for (let at = 0; at < alpha.length; at++) {
    if (key.every((one, channel) => data[3 * at + channel] === one)) alpha[at] = 0
  }
}

/** Return the orientation, 1-8. */
export const orientation = async ({ exif, xmp, texts }) => {
  let [ofExif, ofXmp] = [exif, xmp]
  for (const [kind, content] of texts) {
    const end = content.indexOf(0)
    const key = latin1(content.subarray(0, Math.max(end, 0)))
    if (key === "Raw profile type exif" && !ofExif && kind !== "iTXt") {
      const text = kind === "tEXt" ? content.subarray(end + 1) : await inflate([content.subarray(end + 2)], MAX_TEXT)
      const hex = latin1(text).split("\n").slice(3).join("")
      ofExif = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))
    } else if (key === "XML:com.adobe.xmp" && kind === "iTXt") {
      ofXmp = await internationalText(content.subarray(end + 1))
    }
  }
  return orientationOf(ofExif, ofXmp)
}

const internationalText = async (content) => {
  const language = content.indexOf(0, 2)
  const keyword = language < 0 ? -1 : content.indexOf(0, language + 1)
  if (keyword < 0) return null
  const text = content.subarray(keyword + 1)
  return content[0] ? await inflate([text], MAX_TEXT) : text
}
