// The hash that tells images with the same pixels (core/data/image_facts.py: pixel_hash).
import { toHex } from "./bytes.js"

/**
 * Return the SHA-256 of an image's shape and RGB pixels, 64 hex digits.
 *
 * Browsers compute it on pages of https:// and of localhost only; elsewhere it is null.
 *
 * @param image {width, height, data}, RGB.
 */
export async function pixelHash({ width, height, data }) {
  if (!globalThis.crypto?.subtle) return null
  const shape = new TextEncoder().encode(`${height}×${width}×3`)
  const hashed = new Uint8Array(shape.length + data.length)
  hashed.set(shape)
  hashed.set(data, shape.length)
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", hashed))
  return toHex(digest)
}
