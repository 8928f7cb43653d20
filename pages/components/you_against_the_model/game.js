// A set of images, one after the other, answered by click or key and timed here: the server hears of it at the end.
// Answers stay in this tab, so that a visit to another page loses none.

const PARTS =
  '<p class="progress"></p><div class="time" aria-hidden="true"><span class="left"></span><i></i></div>' +
  '<div class="frame" tabindex="-1" role="group"><img><p class="message"></p></div>' +
  '<div class="answers" role="group" aria-label="Your answer"></div>' +
  '<div class="ways"><button class="back">← Image before</button>' +
  '<button class="go"></button><button class="again">Start again</button></div>' +
  '<p class="hint"></p><p class="status" role="status"></p>'
const TAKES_ARROWS = 'input, textarea, select, [contenteditable], [role="slider"], [role="radio"], [role="tab"]'
const TAKES_TEXT = 'input:not([type="radio"], [type="checkbox"]), textarea, select, [contenteditable]'
const WARNING = 5 // seconds before the end, told to those who do not see the bar

// answers: index of a class, or null where time ran out; used: milliseconds; at: the image, or their number.
const fresh = () => ({ answers: [], used: [], at: 0, running: false, since: 0, warned: false })

const restore = (id) => {
  try {
    return { ...fresh(), ...JSON.parse(sessionStorage.getItem(id)) }
  } catch {
    return fresh() // a browser may keep nothing for a page within another one
  }
}

const save = (id, { answers, used, at }) => {
  try {
    sessionStorage.setItem(id, JSON.stringify({ answers, used, at }))
  } catch {
    // As above: then another page loses them.
  }
}

const games = new WeakMap()

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".game")
  const id = `you against the model ${data.set} ${data.limit}`
  const count = data.images.length
  if (!root.firstChild) root.innerHTML = PARTS
  if (games.get(root)?.id !== id) games.set(root, { id, state: restore(id) })
  const { state } = games.get(root)
  const part = (name) => root.querySelector(`.${name}`)
  const image = root.querySelector("img")
  const asking = () => state.running && state.at < count

  const elapsed = () => (state.used[state.at] ?? 0) + (asking() ? performance.now() - state.since : 0)
  const hasTime = (at) => !data.limit || (state.used[at] ?? 0) < 1000 * data.limit
  const before = () => {
    let at = state.at - 1
    while (at >= 0 && !hasTime(at)) at--
    return at
  }
  const say = (text) => {
    part("status").textContent = text
  }

  const draw = () => {
    const over = state.at >= count
    const place = `Image ${state.at + 1} of ${count}`
    root.dataset.phase = over ? "over" : asking() ? "asking" : "ready"
    part("progress").textContent = over ? `All ${count} images` : asking() ? place : `${count} images`
    part("frame").setAttribute("aria-label", over ? "All images are done" : place)
    if (asking()) {
      if (image.getAttribute("src") !== data.images[state.at]) image.src = data.images[state.at]
      image.alt = `${place}, its class not shown`
      if (state.at + 1 < count) new Image().src = data.images[state.at + 1]
    } else {
      image.removeAttribute("src")
      image.alt = ""
    }
    const missing = state.answers.filter((answer) => answer === null).length
    part("message").textContent = over
      ? `All ${count} images are done${missing ? `, ${missing} without an answer` : ""}. ` +
        "Until you see the result, you can go back."
      : "Which class is it? The classes of the images, and what the model predicts, stay hidden until the end." +
        (data.limit ? ` You have ${data.limit} seconds for each image.` : " There is no time limit.")
    data.classes.forEach(({ name, letter, colour }, index) => {
      const button = part("answers").children[index]
      button.firstChild.textContent = name // names of classes come from strangers: they are set as text
      button.lastChild.textContent = (letter || String(index + 1)).toUpperCase()
      button.setAttribute("aria-keyshortcuts", [letter, index + 1].filter(Boolean).join(" "))
      button.setAttribute("aria-pressed", asking() && state.answers[state.at] === index)
      button.disabled = !asking()
      button.style.setProperty("--colour", colour)
    })
    part("go").textContent = over
      ? "See the result"
      : state.at || state.used[0] ? `Continue with image ${state.at + 1}` : "Start"
    part("back").setAttribute("aria-disabled", !(state.running || over) || before() < 0)
    const letters = data.classes.map(({ letter }) => letter.toUpperCase()).filter(Boolean)
    part("hint").textContent =
      `Keys: ${letters.length ? `${letters.join(", ")} or ` : ""}1–${data.classes.length} answer, ` +
      "← goes back, → goes on, Enter starts."
    tick()
  }

  const tick = () => {
    root.classList.toggle("timed", data.limit > 0)
    if (!data.limit) return
    const left = Math.max(data.limit - elapsed() / 1000, 0)
    const shown = asking() ? left : data.limit
    part("left").textContent = `${Math.ceil(shown)} s`
    part("time").lastChild.style.width = `${(100 * shown) / data.limit}%`
    if (!asking()) return
    if (!left) {
      const number = state.at + 1
      const answered = state.answers[state.at] !== undefined
      move(state.at + 1, answered ? "" : `Time is up: no answer to image ${number}. `, () => {
        state.answers[state.at] ??= null
      })
    } else if (left <= WARNING && !state.warned) {
      state.warned = true
      say(`${WARNING} seconds left`)
    }
  }

  const move = (to, said, change = () => {}) => {
    if (asking()) state.used[state.at] = elapsed()
    change()
    // What has no time left is passed over on the way forward, as it is on the way back.
    while (to > state.at && to < count && state.answers[to] !== undefined && !hasTime(to)) to++
    Object.assign(state, { at: to, running: true, since: performance.now(), warned: false })
    save(id, state)
    draw()
    say(said + (to < count ? `Image ${to + 1} of ${count}.` : `All ${count} images are done.`))
    if (to >= count) part("go").focus({ preventScroll: true })
  }
  const answer = (index) => {
    if (!asking() || !data.classes[index]) return
    const { at } = state
    move(at + 1, `Image ${at + 1}: ${data.classes[index].name}. `, () => (state.answers[at] = index))
  }
  const back = () => (state.running || state.at >= count) && before() >= 0 && move(before(), "")
  const forward = () => asking() && state.answers[state.at] !== undefined && move(state.at + 1, "")
  const go = () => {
    if (state.at >= count) {
      const seconds = Array.from(data.images, (_, at) => (state.used[at] ?? 0) / 1000)
      setTriggerValue("finished", { classes: state.answers.slice(0, count), seconds })
      say("The result is being computed.")
    } else {
      move(state.at, "")
      part("frame").focus({ preventScroll: true })
      root.scrollIntoView({ block: "nearest" })
    }
  }
  const again = () => {
    Object.assign(state, fresh())
    save(id, state)
    draw()
    part("go").focus({ preventScroll: true })
  }

  const press = (event) => {
    const target = event.composedPath()[0]
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.repeat) {
      if (root.contains(target)) event.preventDefault() // a key that is held answers one image
      return
    }
    if (document.querySelector('[role="dialog"]') || target.closest?.(TAKES_TEXT)) return
    const arrow = { ArrowLeft: back, ArrowRight: forward }[event.key]
    const key = event.key.toLowerCase()
    const index = data.classes.findIndex(({ letter }, number) => key === letter || key === String(number + 1))
    if (arrow && !target.closest?.(TAKES_ARROWS)) arrow()
    else if (index >= 0 && asking()) answer(index)
    else if (key === "enter" && target === document.body && !asking()) go()
    else return
    event.preventDefault()
    event.stopImmediatePropagation() // Streamlit has keys of its own
  }

  const answers = part("answers")
  while (answers.children.length > data.classes.length) answers.lastChild.remove()
  while (answers.children.length < data.classes.length) {
    const button = answers.appendChild(document.createElement("button"))
    button.append(document.createElement("span"), document.createElement("kbd"))
  }
  ;[...answers.children].forEach((button, index) => {
    // The second click of a double-click would answer the next image.
    button.onclick = (event) => event.detail > 1 || answer(index)
  })
  part("back").onclick = back
  part("go").onclick = go
  part("again").onclick = again
  root.style.setProperty("--answers", data.classes.length)
  draw()
  window.addEventListener("keydown", press, true)
  const timer = setInterval(tick, 100)
  return () => {
    window.removeEventListener("keydown", press, true)
    clearInterval(timer)
    if (!asking()) return
    Object.assign(state, { since: performance.now(), used: Object.assign([], state.used, { [state.at]: elapsed() }) })
    save(id, state)
  }
}
