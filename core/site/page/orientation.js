// How an image is turned by its metadata, as Pillow's ImageOps.exif_transpose reads them: the tag Orientation of
// EXIF, and where EXIF has none, that of XMP.
import { Reader, latin1 } from "./bytes.js"

const TAG = 0x0112
const INTEGER_BYTES = { 3: 2, 4: 4 } // SHORT and LONG

const ofExif = (exif) => {
  let bytes = exif
  while (latin1(bytes.subarray(0, 6)) === "Exif\0\0") bytes = bytes.subarray(6)
  try {
    const reader = new Reader(bytes)
    const little = { II: true, MM: false }[reader.text(0, 2)]
    if (little === undefined) return null
    const start = reader.u32(4, little)
    for (let entry = 0; entry < reader.u16(start, little); entry++) {
      const place = start + 2 + 12 * entry
      if (reader.u16(place, little) !== TAG) continue
      const size = INTEGER_BYTES[reader.u16(place + 2, little)]
      if (!size || reader.u32(place + 4, little) !== 1) return 1
      return size === 2 ? reader.u16(place + 8, little) : reader.u32(place + 8, little)
    }
  } catch {
    // A directory that ends too early has no such tag.
  }
  return null
}

/** Return the orientation, 1-8, from the bytes of EXIF and XMP; either may be null. */
export const orientationOf = (exif, xmp) => {
  const found = exif && ofExif(exif)
  if (found !== null && found !== undefined) return found
  const tag = xmp && /tiff:Orientation(?:="|>)([0-9])/.exec(latin1(xmp))
  return tag ? Number(tag[1]) : 1
}

/** Return an image turned upright. */
export const upright = (image, orientation) => {
  if (!(orientation >= 2 && orientation <= 8)) return image
  const { width, height, data } = image
  const swapped = orientation >= 5
  const [newWidth, newHeight] = swapped ? [height, width] : [width, height]
  const turned = new Uint8Array(data.length)
  // Where the pixel in column x and row y of the result comes from.
  const flipX = [2, 3, 7, 8].includes(orientation)
  const flipY = [3, 4, 6, 7].includes(orientation)
  let to = 0
  for (let y = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++) {
      const [column, row] = swapped ? [y, x] : [x, y]
      const from = 3 * ((flipY ? height - 1 - row : row) * width + (flipX ? width - 1 - column : column))
      turned[to++] = data[from]
      turned[to++] = data[from + 1]
      turned[to++] = data[from + 2]
    }
  }
  return { width: newWidth, height: newHeight, data: turned }
}
