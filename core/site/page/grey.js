// Grey values of an image, and rectangles of them (core/images/frame.py: to_grey, Box).
//
// A rectangle is {top, bottom, left, right}: bottom and right are not part of it.

/**
 * Return the grey values of an image, rounded as OpenCV rounds them.
 *
 * @param image {width, height, data}: data is a Uint8Array of RGB values, row by row.
 */
export function toGrey({ width, height, data }) {
  const grey = new Uint8Array(width * height)
  for (let pixel = 0, at = 0; pixel < grey.length; pixel++, at += 3) {
    grey[pixel] = (9798 * data[at] + 19235 * data[at + 1] + 3735 * data[at + 2] + 16384) >> 15
  }
  return { width, height, data: grey }
}

/** Return the rectangle of a whole image. */
export function whole({ width, height }) {
  return { top: 0, bottom: height, left: 0, right: width }
}

/** Return the number of pixels of a rectangle. */
export function area({ top, bottom, left, right }) {
  return (bottom - top) * (right - left)
}

/** Return a rectangle that was found in a crop, as one of the whole image; outer is that of the crop. */
export function within(box, outer) {
  return {
    top: outer.top + box.top,
    bottom: outer.top + box.bottom,
    left: outer.left + box.left,
    right: outer.left + box.right,
  }
}

/** Return the grey values within a rectangle. */
export function cropGrey(grey, { top, bottom, left, right }) {
  const width = right - left
  const data = new Uint8Array(width * (bottom - top))
  for (let row = top; row < bottom; row++) {
    const start = row * grey.width
    data.set(grey.data.subarray(start + left, start + right), (row - top) * width)
  }
  return { width, height: bottom - top, data }
}

/** Return the grey values with rows and columns exchanged. */
export function transpose({ width, height, data }) {
  const turned = new Uint8Array(data.length)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) turned[column * height + row] = data[row * width + column]
  }
  return { width: height, height: width, data: turned }
}
