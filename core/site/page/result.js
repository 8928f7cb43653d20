// Draws the images and what is known of them. Every name and number is set as text.
import { largest, peak } from "./decide.js"
import { byId, draw, element } from "./dom.js"
import { tint } from "./overlay.js"
import { writeCrop } from "./prediction_table.js"
import { fill, inFallingOrder, percent, short } from "./words.js"

const predictedClass = (result, site) => site.classes[largest(result.probabilities)]
const colourOf = (result, site) => site.colours[largest(result.probabilities)]

/** Draw the strip of images, each with its predicted class. */
export const showStrip = (items, selected, select, site, shown) => {
  const focused = document.activeElement
  for (const item of items) {
    const result = shown(item)
    if (item.thumbnail?.result !== result) {
      const button = thumbnail(item, result, site)
      button.onclick = () => select(item)
      item.thumbnail = { result, button, entry: element("li", {}, button) }
    }
    item.thumbnail.button.setAttribute("aria-pressed", String(item === selected))
  }
  byId("strip").replaceChildren(...items.map((item) => item.thumbnail.entry))
  if (byId("strip").contains(focused)) focused.focus()
}

const thumbnail = (item, result, site) => {
  const predicted = predictedClass(result, site)
  const canvas = element("canvas", { "aria-hidden": "true" })
  draw(canvas, result.fitted)
  const name = element("span", { className: "name" }, predicted)
  name.style.borderColor = colourOf(result, site)
  const button = element("button", { type: "button", title: item.name }, canvas, name)
  button.setAttribute("aria-label", fill(site.words.select, { name: item.name, predicted }))
  return button
}

let drawn = [] // what the image was drawn from last

/** Draw the image with the saliency of a class over it, or without. */
export const showImage = (item, result, { map, opacity, ofClass }, site) => {
  const { words } = site
  const source = map ? result.fitted : item.preview
  const chosen = ofClass ?? largest(result.probabilities), name = item.name
  const given = [source, result, map, opacity, ofClass]
  const isDrawn = given.every((one, index) => one === drawn[index])
  drawn = given
  byId("tint").hidden = !map
  if (source && !isDrawn) draw(byId("image"), map ? source : cropped(item, result))
  byId("image").setAttribute("aria-label", fill(map ? words.map : words.as_chosen, { name, predicted: site.classes[chosen] }))
  if (!map) {
    const box = result.box
    byId("map-line").textContent = box
      ? fill(words.cropped, { name, width: box.right - box.left, height: box.bottom - box.top, whole_width: result.width, whole_height: result.height })
      : fill(words.size, { name, width: result.width, height: result.height })
    return
  }
  if (!isDrawn) draw(byId("tint"), tint(result.saliency, chosen, opacity, site.tint), 4)
  const strongest = peak(result.saliency, chosen), predicted = site.classes[chosen]
  const { rows, columns } = result.saliency
  byId("map-line").textContent = strongest
    ? fill(words.peak, { ...strongest, rows, columns, predicted, share: percent(strongest.share, 0) })
    : fill(words.no_peak, { predicted })
}

/** The part of an image's preview that a result is of. */
const cropped = ({ preview }, { box, width }) => {
  if (!box) return preview
  const scale = preview.width / width
  const [left, top] = [Math.floor(box.left * scale), Math.floor(box.top * scale)]
  const right = Math.min(Math.max(left + 1, Math.ceil(box.right * scale)), preview.width)
  const bottom = Math.min(Math.max(top + 1, Math.ceil(box.bottom * scale)), preview.height)
  const data = new Uint8Array(3 * (right - left) * (bottom - top))
  for (let row = top; row < bottom; row++) {
    const line = 3 * row * preview.width
    data.set(preview.data.subarray(line + 3 * left, line + 3 * right), 3 * (row - top) * (right - left))
  }
  return { width: right - left, height: bottom - top, data }
}

/** Draw the prediction: class, probabilities, possible classes and checks. */
export const showPrediction = (result, site, takeCrop) => {
  const { words, classes } = site
  byId("predicted").textContent = fill(words.predicted, { predicted: predictedClass(result, site) })
  byId("bars").replaceChildren(...classes.map((_, index) => bar(index, result, site)))
  const possible = classes.filter((_, index) => result.possible[index])
  byId("possible").textContent = possible.length ? possible.join(words.or) : words.nothing_possible
  byId("checks").replaceChildren(...checks(result, site, takeCrop))
  byId("notes").textContent = result.notes.map((note) => words.notes[note]).join(" ")
}

/** Write the prediction for an image, for screen readers. */
export const inWords = (name, result, site) =>
  fill(site.words.classified, {
    name,
    predicted: predictedClass(result, site),
    probabilities: inFallingOrder(site.classes, result.probabilities),
  })

const bar = (index, result, site) => {
  const probability = result.probabilities[index], limit = 1 - site.conformal_thresholds[index]
  const filled = element("span", { className: "filled" })
  filled.style.width = `${100 * probability}%`
  filled.style.background = site.colours[index]
  const line = element("span", { className: "limit", title: fill(site.words.possible_from, { limit: percent(limit, 0) }) })
  line.style.left = `${100 * limit}%`
  const track = element("span", { className: "track", "aria-hidden": "true" }, filled, ...(limit > 0 && limit <= 1 ? [line] : []))
  const value = element("span", { className: "value" }, percent(probability))
  return element("li", {}, element("span", { className: "name" }, site.classes[index]), track, value)
}

/** Return the keys of the reasons not to trust a prediction, in the order of the app. */
export const reasons = (result, site) => {
  const possible = result.possible.filter(Boolean).length
  return [
    result.outside && "outside",
    result.warning && "frame",
    result.seen && "seen",
    result.unlike && !result.outside && "unlike",
    possible > 1 && "unsure",
    possible === 0 && "improbable",
  ].filter(Boolean)
}

const distances = (result, site) =>
  site.domain
    .map((limit, index) => ({ ...limit, distance: result.distances[index] }))
    .filter(({ distance, threshold }) => distance > threshold)
    .map(({ said, distance, threshold, rule }) =>
      fill(site.words.details.distance, { distance_of: said, distance: short(distance), limit: short(threshold), rule }))
    .join(" ")

const checks = (result, site, takeCrop) => {
  const { words } = site
  const found = reasons(result, site)
  if (!found.length) return [check(words.passed, words.passed_line, words.details.passed)]
  const details = {
    outside: distances(result, site),
    frame: result.warning,
    seen: fill(words.details.seen, { file: result.seen }),
    unlike: distances(result, site),
  }
  return found.map((reason) => {
    const [title, line] = words.checks[reason]
    const shown = check(`${title}.`, fill(line, { outside: result.outside }), details[reason])
    if (reason === "frame" && result.proposal) {
      const button = element("button", { type: "button", id: "crop-it" }, words.crop_it)
      button.onclick = () => takeCrop(result.proposal)
      shown.append(button)
    }
    return shown
  })
}

const check = (title, line, details) => {
  const first = element("p", {}, element("strong", {}, title), ` ${line}`)
  const more = details ? [element("p", { className: "caption" }, details)] : []
  return element("li", {}, first, ...more)
}

/** Draw the predictions for the whole image and for its crop below each other. */
export const showComparison = (item, site, cropping) => {
  const { words } = site, { whole, cropped: crop, box } = item
  byId("comparison").hidden = !box && !cropping
  const rows = [[words.whole, whole]]
  if (box && crop) rows.push([fill(words.crop, { width: box.right - box.left, height: box.bottom - box.top }), crop])
  byId("comparison").querySelector("tbody").replaceChildren(
    ...rows.map(([name, result]) =>
      element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, inFallingOrder(site.classes, result.probabilities)))),
  )
}

/** Draw the table of all images. */
export const showTable = (items, site, shown) => {
  const { words, classes } = site
  const cropped = items.some((item) => shown(item).box)
  const heads = [words.image, ...(cropped ? [words.crop_column] : []), words.predicted_class_column, ...classes, words.warnings]
  const cells = (item) => {
    const result = shown(item)
    const warnings = reasons(result, site).map((reason) => words.checks[reason][0])
    return [
      ...(cropped ? [writeCrop(result.box)] : []),
      predictedClass(result, site),
      ...Array.from(result.probabilities, (value) => value.toFixed(3)),
      warnings.join(", "),
    ]
  }
  const row = (item) =>
    element("tr", {}, element("th", { scope: "row" }, item.name), ...cells(item).map((text) => element("td", {}, text)))
  byId("table").querySelector("thead").replaceChildren(
    element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head))))
  byId("table").querySelector("tbody").replaceChildren(...items.map(row))
}
