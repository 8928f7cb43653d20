// What a file is, by its first bytes, whatever its name says; the patterns are those of core/images/formats.py.
import { latin1 } from "./bytes.js"

const HEAD_BYTES = 4096
const DICM = "DICM"
const VR = /^(?:AE|AS|AT|CS|DA|DS|DT|FD|FL|IS|LO|LT|O[BDFLVW]|PN|S[HLQSTV]|TM|U[CILNRSTV])/
const MAX_FIRST = 1024

/** Return `{name, said}`: name of the format, and what is said of a file that the page does not decode. */
export const identify = (bytes, formats) => {
  const head = latin1(bytes.subarray(0, HEAD_BYTES))
  if (head.startsWith(DICM) || head.slice(128, 132) === DICM) return formats.dicom
  const found = formats.patterns.find(({ pattern, flags }) => new RegExp(`^(?:${pattern})`, flags).test(head))
  if (found) return found
  return hasDicomElement(bytes) ? formats.dicom : formats.unknown
}

/** Tell whether a file without preamble begins with an element of a DICOM data set, of group 2 or 8. */
const hasDicomElement = (bytes) => {
  if (bytes.length < 8) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const explicit = VR.test(latin1(bytes.subarray(4, 6)))
  return [true, false].some((little) => {
    const [group, element] = [view.getUint16(0, little), view.getUint16(2, little)]
    const length = explicit ? view.getUint16(6, little) : view.getUint32(4, little)
    return [2, 8].includes(group) && element < MAX_FIRST && length <= MAX_FIRST && length % 2 === 0
  })
}
