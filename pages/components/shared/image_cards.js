// Images with their predictions, as buttons to choose from, buttons that open, or to look at alone.

const PARTS = '<span class="frame"><img></span><span class="label"></span><span class="note"></span>' +
  '<span class="detail"></span>'
const ROLES = { choose: ["radiogroup", "radio"], open: ["group", "button"], look: ["list", "listitem"] }
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

// Whoever closes what a card opened comes back to the card.
const comeBack = (card) => {
  const opened = () => document.querySelector('[role="dialog"]')
  let seen = false
  const observer = new MutationObserver(() => {
    if (opened()) seen = true
    else if (seen) {
      observer.disconnect()
      setTimeout(() => card.focus({ preventScroll: true }))
    }
  })
  observer.observe(document.body, { childList: true, subtree: true })
  card.onblur = () => seen || opened() || observer.disconnect()
}

// The arrow keys lead on from the only card, whatever has the focus, but for what takes them itself.
const turn = ({ data, setTriggerValue }, list) => {
  const takes = 'input, textarea, [role="slider"], [role="radio"], [role="tab"]'
  if (data.cards[0].key === list.dataset.sent) delete list.dataset.sent
  const follow = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step || event.target.closest(takes)) return
    event.preventDefault()
    // From the last one that was asked for: the server may not have answered the key before.
    const at = data.neighbours.indexOf(list.dataset.sent ?? data.cards[0].key)
    list.dataset.sent = data.neighbours[(at + step + data.neighbours.length) % data.neighbours.length]
    setTriggerValue("chosen", list.dataset.sent)
  }
  document.addEventListener("keydown", follow)
  return () => document.removeEventListener("keydown", follow)
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const list = parentElement.querySelector(".cards")
  const [listRole, cardRole] = ROLES[data.mode]
  list.className = `cards ${data.layout}`
  list.style.setProperty("--columns", data.columns)
  list.style.setProperty("--narrowest", `${data.narrowest}px`)
  list.setAttribute("role", listRole)
  if (list.dataset.mode !== data.mode) list.replaceChildren() // the cards are other elements
  list.dataset.mode = data.mode
  list.setAttribute("aria-label", data.label)

  const create = () => {
    const node = document.createElement(data.mode === "look" ? "div" : "button")
    node.setAttribute("role", cardRole)
    node.innerHTML = PARTS
    return list.appendChild(node)
  }
  list.querySelectorAll(".place").forEach((place) => place.remove())
  while (list.children.length > data.cards.length) list.lastElementChild.remove()
  data.cards.forEach((card, index) => {
    const node = list.children[index] ?? create()
    const [frame, label, note, detail] = node.children
    const image = frame.firstElementChild
    if (image.getAttribute("src") !== card.source) image.src = card.source
    image.alt = card.alt
    if (card.over) {
      const over = frame.children[1] ?? frame.appendChild(document.createElement("img"))
      over.alt = "" // the first image's text is about both
      over.className = "over"
      if (over.getAttribute("src") !== card.over) over.src = card.over
    } else {
      frame.children[1]?.remove()
    }
    // Names of classes and files come from strangers: they are set as text.
    label.textContent = card.label
    note.textContent = card.note
    detail.textContent = card.detail
    node.className = `card${card.mark ? " marked" : ""}${data.details ? " details" : ""}`
    node.style.setProperty("--colour", card.colour)
    if (data.mode === "choose") {
      node.setAttribute("aria-checked", card.key === data.chosen)
      node.tabIndex = card.key === data.chosen ? 0 : -1
    } else if (card.detail) {
      node.tabIndex = 0
    }
    node.onclick = data.mode === "look" ? null : () => {
      if (data.mode === "open") comeBack(node)
      setTriggerValue("chosen", card.key)
    }
  })
  for (let place = data.cards.length; place < data.places; place++) {
    const node = list.appendChild(document.createElement("div"))
    node.className = "card place"
    node.setAttribute("aria-hidden", true)
    node.innerHTML = PARTS
    node.querySelector("img").remove()
    for (const line of node.querySelectorAll(".label, .note")) line.textContent = "\u00a0"
  }
  const chosen = data.cards.findIndex((card) => card.key === data.chosen)
  if (data.neighbours.length > 1) return turn(component, list)
  if (data.mode !== "choose") return
  const move = (index, focused) => {
    const node = list.children[index]
    list.scrollTo({ left: node.offsetLeft - (list.clientWidth - node.clientWidth) / 2 })
    if (focused) node.focus({ preventScroll: true })
  }
  if (chosen >= 0) move(chosen, list.contains(list.getRootNode().activeElement))
  list.onkeydown = (event) => {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    // From the card in focus: the server may not have answered the key before.
    const focused = [...list.children].indexOf(list.getRootNode().activeElement)
    const next = ((focused < 0 ? chosen : focused) + step + data.cards.length) % data.cards.length
    move(next, true)
    setTriggerValue("chosen", data.cards[next].key)
  }
}
