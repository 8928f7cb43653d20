// The crop of the selected image: a rectangle over it, drawn, moved and resized by pointer, touch and keyboard,
// and the same as four numbers. A rectangle is {top, bottom, left, right}: bottom and right are not part of it.
import { byId, draw } from "./dom.js"
import { sameCrop } from "./prediction_table.js"
import { fill } from "./words.js"

const REST = 200 // ms after which a rectangle that was changed by keys is taken
const SLIP = 4 // a press that moves by fewer pixels of the screen draws nothing
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const NUMBERS = ["left", "top", "width", "height"]
const clamp = (value, least, most) => Math.min(Math.max(value, least), most)

/** Work on the rectangles of an image of a size, none smaller than `least` where the image is not. */
export class Rectangles {
  constructor(width, height, least) {
    Object.assign(this, { width, height, narrow: Math.min(least, width), low: Math.min(least, height) })
  }

  get whole() {
    return { top: 0, bottom: this.height, left: 0, right: this.width }
  }

  /** Move and cut a rectangle so that it lies within the image and is large enough (core/images/crop.py, clamp). */
  inside({ top, bottom, left, right }) {
    const x = clamp(left, 0, this.width - this.narrow), y = clamp(top, 0, this.height - this.low)
    return {
      top: y,
      bottom: clamp(bottom, y + this.low, this.height),
      left: x,
      right: clamp(right, x + this.narrow, this.width),
    }
  }

  moved({ top, bottom, left, right }, dx, dy) {
    const x = clamp(left + dx, 0, this.width - (right - left)), y = clamp(top + dy, 0, this.height - (bottom - top))
    return { top: y, bottom: y + bottom - top, left: x, right: x + right - left }
  }

  resized(box, edges, dx, dy) {
    const found = { ...box }
    if (edges.includes("w")) found.left = clamp(box.left + dx, 0, box.right - this.narrow)
    if (edges.includes("e")) found.right = clamp(box.right + dx, box.left + this.narrow, this.width)
    if (edges.includes("n")) found.top = clamp(box.top + dy, 0, box.bottom - this.low)
    if (edges.includes("s")) found.bottom = clamp(box.bottom + dy, box.top + this.low, this.height)
    return found
  }

  between([x0, y0], [x1, y1]) {
    const width = Math.max(Math.abs(x1 - x0), this.narrow), height = Math.max(Math.abs(y1 - y0), this.low)
    const left = clamp(x1 < x0 ? x0 - width : x0, 0, this.width - width)
    const top = clamp(y1 < y0 ? y0 - height : y0, 0, this.height - height)
    return { top, bottom: top + height, left, right: left + width }
  }
}

export class CropEditor {
  #changed
  #rectangles = null
  #box = null // what is shown
  #taken = null // what the image is cropped to
  #drag = null
  #timer = null
  #words = null

  /** `changed` is called with the new rectangle, or null for the whole image. */
  constructor({ changed }) {
    this.#changed = changed
    const layers = byId("crop-layers")
    layers.onpointerdown = (event) => this.#down(event)
    layers.onpointermove = (event) => this.#move(event)
    layers.onpointerup = layers.onpointercancel = (event) => this.#up(event)
    byId("rectangle").onkeydown = (event) => this.#key(event)
    for (const name of NUMBERS) byId(`crop-${name}`).onchange = () => this.#typed()
    byId("crop-reset").onclick = () => this.#change(this.#rectangles.whole, 0)
  }

  /** Show the whole image of an item with its rectangle. */
  show(item, site) {
    const { width, height } = item.whole
    this.#words = site.words
    this.#rectangles = new Rectangles(width, height, site.limits.crop)
    this.#taken = item.box
    if (!this.#drag && !this.#timer) this.#box = item.box ?? this.#rectangles.whole
    if (item.preview) draw(byId("whole"), item.preview)
    byId("whole").setAttribute("aria-label", fill(site.words.size, { name: item.name, width, height }))
    byId("crop-layers").style.aspectRatio = `${width} / ${height}`
    byId("crop-layers").style.width = `${100 * Math.min(1, width / height)}%`
    byId("map-line").textContent = item.problem ?? site.words.crop_help
    byId("map-line").classList.toggle("error", Boolean(item.problem))
    this.#draw()
  }

  /** Take a rectangle of the pixels that an item is cropped to. */
  take(box, item) {
    const { left, top } = item.box ?? { left: 0, top: 0 }
    this.#changed({ top: top + box.top, bottom: top + box.bottom, left: left + box.left, right: left + box.right })
  }

  get #isWhole() {
    return sameCrop(this.#box, this.#rectangles.whole)
  }

  #draw() {
    const { width, height, narrow, low } = this.#rectangles, { top, bottom, left, right } = this.#box
    const rectangle = byId("rectangle")
    const numbers = { left, top, width: right - left, height: bottom - top }
    rectangle.style.left = `${(100 * left) / width}%`
    rectangle.style.top = `${(100 * top) / height}%`
    rectangle.style.width = `${(100 * numbers.width) / width}%`
    rectangle.style.height = `${(100 * numbers.height) / height}%`
    rectangle.classList.toggle("whole", this.#isWhole)
    rectangle.setAttribute("aria-label", fill(this.#words.crop_place, numbers))
    const limits = { left: [0, width - narrow], top: [0, height - low], width: [narrow, width], height: [low, height] }
    for (const name of NUMBERS) {
      const [min, max] = limits[name]
      Object.assign(byId(`crop-${name}`), { min, max, value: numbers[name] })
    }
    byId("crop-reset").disabled = this.#isWhole
  }

  #change(box, rest) {
    this.#box = box
    this.#draw()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#send(), rest)
  }

  #send() {
    clearTimeout(this.#timer)
    this.#timer = null
    const box = this.#isWhole ? null : this.#box
    if (!sameCrop(box, this.#taken)) this.#changed(box)
  }

  #at(event) {
    const { left, top, width, height } = byId("crop-layers").getBoundingClientRect()
    const { width: columns, height: rows } = this.#rectangles
    return [
      clamp(Math.round(((event.clientX - left) / width) * columns), 0, columns),
      clamp(Math.round(((event.clientY - top) / height) * rows), 0, rows),
    ]
  }

  #down(event) {
    if (event.button || this.#drag) return
    event.preventDefault()
    byId("rectangle").focus({ preventScroll: true })
    byId("crop-layers").setPointerCapture(event.pointerId)
    const inside = event.target === byId("rectangle") && !this.#isWhole
    const { handle } = event.target.dataset
    this.#drag = { id: event.pointerId, from: this.#at(event), seen: event, box: this.#box, inside, edges: handle }
  }

  #move(event) {
    const drag = this.#drag
    if (drag?.id !== event.pointerId) return
    const { seen, from, box } = drag
    if (!drag.moves && Math.hypot(event.clientX - seen.clientX, event.clientY - seen.clientY) < SLIP) return
    drag.moves = true
    const to = this.#at(event), dx = to[0] - from[0], dy = to[1] - from[1]
    if (drag.edges) this.#box = this.#rectangles.resized(box, drag.edges, dx, dy)
    else this.#box = drag.inside ? this.#rectangles.moved(box, dx, dy) : this.#rectangles.between(from, to)
    this.#draw()
  }

  #up(event) {
    if (this.#drag?.id !== event.pointerId) return
    this.#drag = null
    this.#send()
  }

  #key(event) {
    const key = KEYS[event.key]
    if (!key || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const step = Math.max(1, Math.round(Math.max(this.#rectangles.width, this.#rectangles.height) / 100))
    const [dx, dy] = [key[0] * step, key[1] * step]
    const box = event.shiftKey
      ? this.#rectangles.resized(this.#box, "se", dx, dy)
      : this.#rectangles.moved(this.#box, dx, dy)
    this.#change(box, REST)
  }

  #typed() {
    const [left, top, width, height] = NUMBERS.map((name) => Math.round(Number(byId(`crop-${name}`).value)) || 0)
    this.#change(this.#rectangles.inside({ top, bottom: top + height, left, right: left + width }), 0)
  }
}
