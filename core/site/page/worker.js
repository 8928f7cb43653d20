// Works beside the page: decodes images, checks them, and runs the network. Messages come one at a time.
import { decode } from "./decode.js"
import { look } from "./content.js"
import { possible } from "./decide.js"
import { domainScores } from "./domain.js"
import { bilinear, cut, fit } from "./fit.js"
import { ImageError } from "./image_error.js"
import { download, open } from "./network.js"
import { pixelHash } from "./pixel_hash.js"
import { frameWarning, locate, proposedCrop } from "./shared_frames.js"

const PREVIEW = 1024 // longest side of an image as it is shown, pixels

let site = null, network = null, distances = null, seen = null
let last = { number: null } // the decoded image that was worked on last

const start = async ({ base, site: given }) => {
  site = given
  const files = await download(site.downloads, base, (done, total) => self.postMessage({ kind: "progress", done, total }))
  self.postMessage({ kind: "starting" })
  const { files: names } = site
  network = await open(files[names.model], files[names.binary], base)
  distances = domainScores(site.domain, files[names.domain].buffer)
  seen = new Map(Object.entries(JSON.parse(new TextDecoder().decode(files[names.seen]))))
  // What a first prediction alone takes longer for is done before an image comes.
  const side = site.preprocessing.image_size
  await network({ width: side, height: side, data: new Uint8Array(3 * side * side) })
  return { kind: "ready" }
}

const decoded = async ({ number, file }) => {
  if (last.number !== number) {
    last = { number: null }
    if (file.size > site.limits.bytes) throw new ImageError("bytes", { size: Math.ceil(file.size / 2 ** 20) })
    last = { number, ...(await decode(new Uint8Array(await file.arrayBuffer()), site)) }
  }
  return last
}

/** What is known of pixels without the network. */
const examine = async (image) => {
  const located = locate(image, site.shared_frames)
  return {
    sha256: await pixelHash(image),
    warning: frameWarning(located, site.words.frame),
    proposal: proposedCrop(located),
  }
}

const classify = async (message) => {
  const { image, notes } = await decoded(message)
  const { number, box } = message
  const whole = await examine(image)
  let [pixels, examined] = [image, whole]
  if (box) pixels = cut(image, box.left, box.top, box.right - box.left, box.bottom - box.top)
  const looks = look(pixels)
  if (looks) throw new ImageError(box ? "crop" : looks)
  if (box) examined = await examine(pixels)
  const fitted = fit(pixels, site.preprocessing)
  let outputs
  try {
    outputs = await network(fitted)
  } catch {
    throw new ImageError("network")
  }
  const { probabilities, saliency, embedding } = outputs
  const found = distances(embedding, fitted)
  return {
    kind: "result",
    number,
    box,
    width: image.width,
    height: image.height,
    notes: [...notes, ...(whole.sha256 ? [] : ["no_hash"])],
    ...examined,
    seen: seen.get(examined.sha256) ?? seen.get(whole.sha256) ?? null,
    probabilities,
    possible: possible(probabilities, site.conformal_thresholds),
    saliency,
    distances: found,
    unlike: found.some((distance, index) => distance > site.domain[index].threshold),
    fitted,
  }
}

const preview = async (message) => {
  const { image } = await decoded(message)
  const scale = Math.min(1, PREVIEW / Math.max(image.width, image.height))
  const side = (length) => Math.max(1, Math.round(length * scale))
  return { kind: "preview", number: message.number, image: bilinear(image, side(image.width), side(image.height)) }
}

const WORK = { start, classify, preview }
const NOTHING = { kind: "nothing" }
let turn = Promise.resolve()
let forgotten = 0 // images with smaller numbers were removed

self.onmessage = ({ data: message }) => {
  if (message.kind === "forget") {
    forgotten = message.before
    return
  }
  turn = turn.then(async () => {
    try {
      self.postMessage(message.number < forgotten ? NOTHING : await WORK[message.kind](message))
    } catch (error) {
      const { reason = "damaged", values = {} } = error instanceof ImageError ? error : {}
      const refused = { kind: "refused", number: message.number, box: message.box ?? null, reason, values }
      // An image that has gone from the disk since keeps its prediction.
      self.postMessage({ start: { kind: "failed" }, classify: refused, preview: NOTHING }[message.kind])
    }
  })
}
self.postMessage({ kind: "listening" })
