// The page Classify: takes images in, lets a worker classify them, and shows what comes back.
import { kept, keepTheRest } from "./page.js"
import { byId, element, save } from "./dom.js"
import { fill } from "./words.js"
import { CropEditor } from "./crop_editor.js"
import { inWords, showComparison, showImage, showPrediction, showStrip, showTable } from "./result.js"
import { rowOf, sameCrop, toCsv, toJson, writeCrop } from "./prediction_table.js"

const NEEDED = ["Worker", "OffscreenCanvas", "DecompressionStream", "createImageBitmap", "WebAssembly"]

const items = [] // {number, name, file, whole, cropped, box, problem}: what is known of each image
const waitingMessages = [] // until the worker listens
let site = null, worker = null, listening = false, ready = false, selected = null
let numbers = 0, photographs = 0, pending = 0

const said = (text) => { byId("status").textContent = text }
const shown = (item) => (item.box ? item.cropped : item.whole) ?? item.whole
// One line of visible characters, without codes for terminals or the direction of text.
const visible = (text) => text.replace(/\s/g, " ").replace(/\p{C}/gu, "").replace(/ +/g, " ").trim()
const nameOf = (path) => visible(path.split(/[/\\]/).at(-1)) || site.words.nameless

const problem = (text) => {
  byId("problems").append(element("p", { className: "error" }, text))
}
const refused = (name, reason, values = {}) => problem(fill(site.words.refused[reason], { ...values, name }))

const progress = (text, share = null) => {
  byId("progress").hidden = text === null
  byId("progress-words").textContent = text ?? ""
  if (share === null) byId("bar").removeAttribute("value")
  else byId("bar").value = share
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(0)

// A worker from a file would have no policy; one from a blob inherits that of this page.
const startWorker = async () => {
  await kept
  const module = new URL("worker.js", document.baseURI).href
  const blob = new Blob([`import ${JSON.stringify(module)}`], { type: "text/javascript" })
  worker = new Worker(URL.createObjectURL(blob), { type: "module" })
  worker.onmessage = ({ data }) => ANSWERS[data.kind](data)
  worker.onerror = () => ANSWERS.failed()
}

const ANSWERS = {
  listening: () => {
    listening = true
    post({ kind: "start", base: document.baseURI, site })
    waitingMessages.splice(0).forEach(post)
  },
  progress: ({ done, total }) =>
    progress(fill(site.words.loading, { done: megabytes(done), total: megabytes(total) }), done / total),
  starting: () => progress(site.words.starting),
  ready: () => {
    ready = true
    progress(null)
    document.body.dataset.ready = "true"
    waiting()
    keepTheRest()
  },
  failed: () => {
    progress(null)
    problem(site.words.failed)
  },
  result: (result) => answered(result, (item) => {
    // A test image is of the kind that the model was trained on.
    const found = { ...result, outside: item.example ? null : site.outside }
    if (result.box) Object.assign(item, { cropped: found, problem: null })
    else item.whole = found
  }),
  nothing: () => {},
  refused: ({ number, box, reason, values }) => answered({ number, box }, (item) => {
    if (box) {
      item.problem = fill(site.words.refused[reason], { ...values, name: item.name, crop: writeCrop(box) })
      return
    }
    items.splice(items.indexOf(item), 1)
    if (selected === item) selected = items[0] ?? null
    refused(item.name, reason, values)
  }),
  preview: ({ number, image }) => {
    const item = items.find((one) => one.number === number)
    if (!item) return
    for (const one of items) one.preview = null // one is enough
    item.preview = image
    if (item === selected) show()
  },
}

const answered = ({ number, box }, take) => {
  const item = items.find((one) => one.number === number)
  if (!item) return // removed meanwhile
  pending -= 1
  const current = !box || sameCrop(box, item.box)
  if (current) {
    take(item)
    selected ??= item
  }
  waiting()
  show()
  if (current && item === selected && shown(item)) tell(item)
}

/** Say how many images wait. */
const waiting = () => {
  document.body.toggleAttribute("data-waiting", pending > 0)
  if (!ready || !pending) return ready && progress(null)
  const left = items.filter((item) => !item.whole).length
  progress(fill(site.words.classifying, { done: items.length - left, total: items.length }))
}

const tell = (item) => said(inWords(item.name, shown(item), site))

const post = (message) => (listening ? worker.postMessage(message) : waitingMessages.push(message))

const ask = (item, kind, box = null) => {
  post({ kind, number: item.number, file: item.file, box })
  if (kind === "classify") pending += 1
  waiting()
}

const add = async (chosen, { example = false } = {}) => {
  const files = [...chosen] // before the list is emptied
  await words
  byId("problems").replaceChildren()
  for (const file of files) {
    const name = nameOf(file.name)
    if (items.length >= site.limits.images) {
      refused(name, "many")
      continue
    }
    const item = { number: numbers++, name, file, whole: null, cropped: null, box: null, problem: null, preview: null, example }
    items.push(item)
    ask(item, "classify")
  }
}

const select = (item) => {
  selected = item
  show()
  tell(item)
}

const remove = () => {
  items.splice(0)
  selected = null
  pending = 0
  post({ kind: "forget", before: numbers })
  waiting()
  byId("problems").replaceChildren()
  said("")
  show()
  byId("files").focus()
}

const crop = new CropEditor({
  changed: (box) => {
    Object.assign(selected, { box, cropped: null, problem: null })
    if (box) ask(selected, "classify", box)
    show()
  },
})

const view = { map: true, opacity: byId("opacity").value / 100, ofClass: null }

const show = () => {
  const done = items.filter((item) => item.whole)
  if (!selected?.whole) selected = done[0] ?? null
  byId("results").hidden = !selected
  byId("remove-all").hidden = !items.length
  document.body.classList.toggle("with-images", items.length > 0)
  if (!selected) return
  const result = shown(selected)
  const cropping = byId("crop").getAttribute("aria-pressed") === "true"
  showStrip(done, selected, select, site, shown)
  if ((cropping || !view.map) && !selected.preview) ask(selected, "preview")
  for (const id of ["saliency", "no-map", "opacity", "map-class"]) {
    byId(id).disabled = cropping || (!view.map && !["saliency", "no-map"].includes(id))
  }
  byId("layers").hidden = cropping
  byId("crop-layers").hidden = byId("crop-numbers").hidden = !cropping
  if (cropping) crop.show(selected, site)
  else showImage(selected, result, view, site)
  showPrediction(result, site, (box) => crop.take(box, selected))
  showComparison(selected, site, cropping)
  showTable(done, site, shown)
}

const press = (id, pressed) => byId(id).setAttribute("aria-pressed", String(pressed))

const listen = () => {
  byId("files").onchange = ({ target }) => {
    add(target.files)
    target.value = ""
  }
  byId("camera").onchange = ({ target }) => {
    const files = [...target.files]
    add(files.map((file) => new File([file], `${byId("camera").dataset.name} ${++photographs}.jpg`)))
    target.value = ""
  }
  byId("remove-all").onclick = remove
  for (const button of document.querySelectorAll("#examples button")) {
    button.onclick = async () => {
      const { file, class: label } = button.dataset
      const content = await (await fetch(file)).blob()
      await add([new File([content], fill(site.words.example, { label }))], { example: true })
    }
  }
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (!files.length) return // text is pasted as usual
    event.preventDefault()
    add(files)
  })
  const over = (event, inside) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return
    event.preventDefault()
    byId("intake").classList.toggle("over", inside)
  }
  document.addEventListener("dragover", (event) => over(event, true))
  document.addEventListener("dragleave", (event) => over(event, false))
  document.addEventListener("drop", (event) => {
    over(event, false)
    if (event.dataTransfer?.files.length) add(event.dataTransfer.files)
  })
  for (const [id, map] of [["saliency", true], ["no-map", false]]) {
    byId(id).onclick = () => {
      view.map = map
      press("saliency", map)
      press("no-map", !map)
      show()
    }
  }
  byId("opacity").oninput = ({ target }) => {
    view.opacity = target.value / 100
    show()
  }
  byId("map-class").onchange = ({ target }) => {
    view.ofClass = target.value === "" ? null : Number(target.value)
    show()
  }
  byId("crop").onclick = () => {
    press("crop", byId("crop").getAttribute("aria-pressed") !== "true")
    show()
  }
  const download = (kind, write, type) => {
    byId(kind).onclick = () => {
      const rows = items.filter((item) => item.whole).map((item) => rowOf(item.name, shown(item), site))
      save(write(rows), `predictions.${kind}`, type)
    }
  }
  download("csv", toCsv, "text/csv")
  download("json", toJson, "application/json")
}

// Whoever is quick may choose images before this module runs, or before the words are there.
const takeWhatIsChosen = () => {
  for (const id of ["files", "camera"]) if (byId(id).files.length) byId(id).onchange({ target: byId(id) })
}

const words = (async () => {
  site = await (await fetch("site.json", { cache: "no-cache" })).json()
})()

const start = async () => {
  listen()
  takeWhatIsChosen()
  await words
  const missing = NEEDED.filter((name) => !(name in window))
  if (missing.length) {
    problem(fill(site.words.old_browser, { missing: missing.join(", ") }))
    return
  }
  byId("map-class").append(
    element("option", { value: "" }, site.words.predicted_class),
    ...site.classes.map((name, index) => element("option", { value: String(index) }, name)),
  )
  await startWorker()
}

start().catch(() => { byId("cannot-load").hidden = false })
