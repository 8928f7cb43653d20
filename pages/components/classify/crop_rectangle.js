// A rectangle over an image, drawn, moved and resized by pointer, touch and keyboard; sent when it rests.

const REST = 200 // milliseconds
const SLIP = 4 // a press that moves by fewer pixels of the screen draws nothing
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const within = (value, least, most) => Math.min(Math.max(value, least), most)
const same = (one, other) => String(one) === String(other)

// The rectangle [left, top, width, height] after a move of its edges, each kept in the image, pixels.
const moved = ([x, y, w, h], dx, dy, [width, height]) =>
  [within(x + dx, 0, width - w), within(y + dy, 0, height - h), w, h]
const resized = ([x, y, w, h], edges, dx, dy, { size: [width, height], smallest: [narrow, low] }) => {
  let [left, top, right, bottom] = [x, y, x + w, y + h]
  if (edges.includes("w")) left = within(left + dx, 0, right - narrow)
  if (edges.includes("e")) right = within(right + dx, left + narrow, width)
  if (edges.includes("n")) top = within(top + dy, 0, bottom - low)
  if (edges.includes("s")) bottom = within(bottom + dy, top + low, height)
  return [left, top, right - left, bottom - top]
}
const between = ([x0, y0], [x1, y1], { size: [width, height], smallest: [narrow, low] }) => {
  const w = Math.max(Math.abs(x1 - x0), narrow), h = Math.max(Math.abs(y1 - y0), low)
  return [within(x1 < x0 ? x0 - w : x0, 0, width - w), within(y1 < y0 ? y0 - h : y0, 0, height - h), w, h]
}

export default function ({ data, parentElement, setTriggerValue }) {
  const image = parentElement.querySelector(".image")
  const rectangle = parentElement.querySelector(".rectangle")
  const shown = parentElement.querySelector("img")
  const status = parentElement.querySelector("[role=status]")
  const [width, height] = data.size
  // It outlives this call, which comes again with every run of the page.
  const state = (image.state ??= { sent: [] })

  image.style.setProperty("--width", width)
  image.style.setProperty("--height", height)
  if (shown.getAttribute("src") !== data.source) shown.src = data.source
  shown.alt = data.alt
  if (status.textContent !== data.said) status.textContent = data.said

  const isWhole = () => same(state.box, [0, 0, width, height])
  const show = () => {
    const [x, y, w, h] = state.box
    rectangle.style.left = `${(100 * x) / width}%`
    rectangle.style.top = `${(100 * y) / height}%`
    rectangle.style.width = `${(100 * w) / width}%`
    rectangle.style.height = `${(100 * h) / height}%`
    rectangle.classList.toggle("whole", isWhole())
    const place = `${w} × ${h} pixels, ${x} from the left and ${y} from the top`
    rectangle.setAttribute("aria-label", `Crop: ${place}`)
  }
  const send = () => {
    clearTimeout(state.timer)
    state.timer = null
    if (same(state.box, state.sent.at(-1) ?? state.server)) return
    state.sent.push(state.box)
    state.trigger("drawn", state.box)
  }
  const change = (box) => {
    state.box = box
    show()
    clearTimeout(state.timer)
    state.timer = setTimeout(send, REST)
  }

  // What the server says counts, unless it answers a rectangle that a later one has replaced meanwhile.
  state.trigger = setTriggerValue
  const answered = state.sent.findIndex((box) => same(box, data.box))
  if (answered >= 0) state.sent.splice(0, answered + 1)
  else if (data.refused || !same(data.box, state.server)) state.sent = []
  state.server = data.box
  if (!state.sent.length && !state.drag && !state.timer) state.box = data.box
  show()

  const at = (event) => {
    const { left, top, width: w, height: h } = image.getBoundingClientRect()
    return [
      within(Math.round(((event.clientX - left) / w) * width), 0, width),
      within(Math.round(((event.clientY - top) / h) * height), 0, height),
    ]
  }
  image.onpointerdown = (event) => {
    if (event.button || state.drag) return
    event.preventDefault()
    rectangle.focus({ preventScroll: true })
    image.setPointerCapture(event.pointerId)
    const inside = event.target === rectangle && !isWhole()
    const edges = event.target.dataset.handle
    state.drag = { id: event.pointerId, from: at(event), seen: event, box: state.box, inside, edges }
  }
  image.onpointermove = (event) => {
    const { drag } = state
    if (drag?.id !== event.pointerId) return
    const { seen, from, box } = drag
    if (!drag.moves && Math.hypot(event.clientX - seen.clientX, event.clientY - seen.clientY) < SLIP) return
    drag.moves = true
    const to = at(event), dx = to[0] - from[0], dy = to[1] - from[1]
    if (drag.edges) change(resized(box, drag.edges, dx, dy, data))
    else change(drag.inside ? moved(box, dx, dy, data.size) : between(from, to, data))
  }
  image.onpointerup = image.onpointercancel = (event) => {
    if (state.drag?.id !== event.pointerId) return
    state.drag = null
    send()
  }
  rectangle.onkeydown = (event) => {
    const key = KEYS[event.key]
    if (!key || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const step = Math.max(1, Math.round(Math.max(width, height) / 100))
    const [dx, dy] = [key[0] * step, key[1] * step]
    change(event.shiftKey ? resized(state.box, "se", dx, dy, data) : moved(state.box, dx, dy, data.size))
  }
}
