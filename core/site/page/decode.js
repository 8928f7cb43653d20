// An untrusted file becomes RGB pixels, the same as core/images/decode.py gives, or an ImageError.
import * as bmp from "./bmp.js"
import * as gif from "./gif.js"
import * as jpeg from "./jpeg.js"
import * as png from "./png.js"
import * as webp from "./webp.js"
import { damaged, ImageError } from "./image_error.js"
import { fromBase64 } from "./bytes.js"
import { identify } from "./formats.js"
import { upright } from "./orientation.js"

const DECODERS = { PNG: png, JPEG: jpeg, BMP: bmp, WebP: webp, GIF: gif }

/**
 * Decode the bytes of a file.
 *
 * `site` is site.json: its `formats` recognise files, its `limits` bound them. Returns `{image, notes}`, where
 * notes are reasons of `words.notes`.
 */
export const decode = async (bytes, site) => {
  const { limits } = site
  if (!bytes.length) throw new ImageError("empty")
  if (bytes.length > limits.bytes) throw new ImageError("bytes", { size: Math.ceil(bytes.length / 2 ** 20) })
  const form = identify(bytes, site.formats)
  const decoder = DECODERS[form.name]
  if (!decoder) throw new ImageError("format", form)
  try {
    // Before any pixel is decoded, since a small file can declare a huge image.
    const header = decoder.header(bytes)
    if (header.width * header.height > limits.pixels) throw new ImageError("pixels")
    if (Math.max(header.width, header.height) > limits.side) throw new ImageError("side")
    if (header.frames > 1) throw new ImageError("clip", { format: form.name, frames: header.frames })
    if (header.depth === 16) throw new ImageError("deep")
    const decoded = await decoder.decode(header)
    const transparent = blend(decoded)
    const orientation = decoder.orientation ? await decoder.orientation(header) : 1
    const { width, height, data } = decoded
    const notes = [...(transparent ? ["transparent"] : []), ...((await agrees(form.name, site)) ? [] : ["decoder"])]
    return { image: upright({ width, height, data }, orientation), notes }
  } catch (error) {
    throw error instanceof ImageError ? error : damaged()
  }
}

const agreed = {}

/** Tell whether this browser decodes a small image of the format to the pixels that the app makes of it. */
const agrees = async (name, { probes }) => {
  const probe = probes?.[name]
  if (!probe) return true
  if (!(name in agreed)) {
    const expected = fromBase64(probe.pixels), decoder = DECODERS[name]
    const { data } = await decoder.decode(decoder.header(fromBase64(probe.file)))
    agreed[name] = data.every((value, at) => value === expected[at])
  }
  return agreed[name]
}

/** Blend transparent pixels with black, and tell whether there were any. */
const blend = ({ data, alpha }) => {
  if (!alpha?.some((value) => value < 255)) return false
  for (let at = 0; at < alpha.length; at++) {
    for (let place = 3 * at; place < 3 * at + 3; place++) data[place] = Math.floor((data[place] * alpha[at] + 127) / 255)
  }
  return true
}
