// Finds the ultrasound image within frames that the model's training images share, or within its own
// (core/data/shared_frames.py: locate; core/inference/frame_warning.py).

import { fromBase64 } from "./bytes.js"
import { roundEven } from "./fit.js"
import { findContent } from "./frame.js"
import { area, cropGrey, toGrey, whole, within } from "./grey.js"
import { resizeArea } from "./resize_area.js"

// The constants mean what they mean in shared_frames.py.
const SIDE = 32
const TOLERANCE = 6
const MOST_CONTENT = 0.95
const BLACK = 16
const LIT = 0.1
const RECOGNISED = 0.9
const NOT_STATIC = -1
// As in frame_warning.py and crop.py.
const LEAST_CONTENT = 0.75
const SMALLEST = 32

/**
 * Find the ultrasound image within its frames: a shared one first, then the image's own.
 *
 * @param image {width, height, data}, RGB.
 * @param frames shared frames, as the manifest has them: {width, height, box: [top, bottom, left, right],
 *   pattern}, where pattern is Base64 text of 32 × 32 int8.
 * @returns {box, frame, share, framed}: rectangle of the ultrasound image; the shared frame around it, or
 *   null; its share of the image's area, 0–1; whether there is more than black around it.
 */
export function locate(image, frames) {
  const grey = toGrey(image)
  const frame = frames.find((one) => isAround(one, grey)) ?? null
  const outer = frame === null ? whole(grey) : boxOf(frame)
  const box = within(findContent(cropGrey(grey, outer)), outer)
  const lit = countLit(grey) - countLit(cropGrey(grey, box))
  const size = area(whole(grey))
  const share = area(box) / size
  return { box, frame, share, framed: share < MOST_CONTENT && lit > 0 && lit >= LIT * (size - area(box)) }
}

/** Return whether an image lies in a frame that the training images do not share, which is warned of. */
export function isUnknownFrame({ frame, framed, share }) {
  return frame === null && (framed || share < LEAST_CONTENT)
}

/** Return the rectangle to crop to where there is a warning; null where there is none, or it is too small. */
export function proposedCrop(located) {
  const { top, bottom, left, right } = located.box
  const large = Math.min(right - left, bottom - top) >= SMALLEST
  return isUnknownFrame(located) && large ? located.box : null
}

/**
 * Return sentences on the frame around an ultrasound image, and what to do; empty where there is no need.
 *
 * @param located what locate returned.
 * @param words the sentences, with {share} where the share of the image stands.
 */
export function frameWarning(located, words) {
  if (!isUnknownFrame(located)) return ""
  return words.replace("{share}", `${roundEven(located.share * 100)}%`)
}

function boxOf({ box: [top, bottom, left, right] }) {
  return { top, bottom, left, right }
}

function isAround(frame, grey) {
  if (grey.width !== frame.width || grey.height !== frame.height) return false
  const thumbnail = resizeArea(grey, SIDE, SIDE).data
  const pattern = new Int8Array(fromBase64(frame.pattern).buffer)
  let fixed = 0
  let same = 0
  pattern.forEach((level, at) => {
    if (level === NOT_STATIC) return
    fixed += 1
    same += Math.abs((thumbnail[at] >> 1) - level) <= TOLERANCE / 2
  })
  // A stranger's pattern may have nothing static, which every image would have.
  return fixed > 0 && same >= RECOGNISED * fixed
}

function countLit({ data }) {
  let count = 0
  for (const value of data) count += value > BLACK
  return count
}
