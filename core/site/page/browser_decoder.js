// Pixels as the browser decodes them.
import { fromBase64 } from "./bytes.js"
import { ImageError, damaged } from "./image_error.js"

const SIDE = 64 // of a pattern, pixels
let faithful = null

/** Tell whether a canvas gives back what is put into it: some browsers change pixels, against fingerprinting. */
const keepsPixels = () => {
  const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true })
  const pattern = new ImageData(SIDE, SIDE)
  for (let at = 0; at < pattern.data.length; at++) pattern.data[at] = at % 4 === 3 ? 255 : (37 * at) % 256
  context.putImageData(pattern, 0, 0)
  const found = context.getImageData(0, 0, SIDE, SIDE).data
  return found.every((value, at) => value === pattern.data[at])
}

/** Decode a file: `data`, RGB, and `alpha`, each exact where the other is not in the file. */
export const pixelsOf = async (bytes, type, { width, height }) => {
  faithful ??= keepsPixels()
  if (!faithful) throw new ImageError("altered")
  let bitmap
  try {
    const blob = new Blob([bytes], { type })
    bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" })
  } catch {
    throw damaged()
  }
  if (bitmap.width !== width || bitmap.height !== height) throw damaged()
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" })
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  const rgba = context.getImageData(0, 0, width, height).data
  const data = new Uint8Array(3 * width * height), alpha = new Uint8Array(width * height)
  for (let at = 0, from = 0, to = 0; at < alpha.length; at++) {
    data[to++] = rgba[from++]
    data[to++] = rgba[from++]
    data[to++] = rgba[from++]
    alpha[at] = rgba[from++]
  }
  return { data, alpha }
}

// Place of red, green, blue and opacity in a pixel.
const ORDERS = { RGBA: [0, 1, 2, 3], BGRA: [2, 1, 0, 3] }

// A WebP of one pixel with the colour 200, 100, 50 and the opacity 10, which some browsers mix.
const PROBE = "UklGRh4AAABXRUJQVlA4TBEAAAAvAAAAEAdQsiJXpgqBiOh/AAA="
const PROBED = [200, 100, 50, 10]
let straight = null

const unable = () => new ImageError("unusual", { format: "WebP" })

const isStraight = async () => {
  if (!("ImageDecoder" in globalThis)) return false
  const bytes = fromBase64(PROBE)
  const { data, alpha } = await decodeStraight(bytes, { width: 1, height: 1 })
  return [...data, ...alpha].every((value, at) => value === PROBED[at])
}

/** Decode a WebP with colours and opacity, both exact, where the browser can give them without a canvas. */
export const straightPixelsOf = async (bytes, size) => {
  straight ??= await isStraight().catch(() => false)
  if (!straight) throw unable()
  return decodeStraight(bytes, size)
}

const decodeStraight = async (bytes, { width, height }) => {
  const options = { premultiplyAlpha: "none", colorSpaceConversion: "none" }
  const decoder = new ImageDecoder({ data: bytes, type: "image/webp", ...options })
  const { image } = await decoder.decode()
  const order = ORDERS[image.format]
  if (!order || image.codedWidth !== width || image.codedHeight !== height) throw unable()
  const pixels = new Uint8Array(image.allocationSize())
  await image.copyTo(pixels)
  image.close()
  decoder.close()
  const [red, green, blue, opacity] = order
  const data = new Uint8Array(3 * width * height), alpha = new Uint8Array(width * height)
  for (let at = 0; at < alpha.length; at++) {
    data[3 * at] = pixels[4 * at + red]
    data[3 * at + 1] = pixels[4 * at + green]
    data[3 * at + 2] = pixels[4 * at + blue]
    alpha[at] = pixels[4 * at + opacity]
  }
  return { data, alpha }
}
