// The confusion matrix: a choice of rule, numbers and cell, and the images of the cell.
import { draw, placeOf } from "./charts.js"
import { byId, element } from "./dom.js"
import { pressByKey } from "./keys.js"

const PER_PAGE = 12
const place = placeOf("matrix")
const gallery = byId("images") // null where the bundle may show no images
const choices = { rule: byId("rule"), numbers: byId("numbers"), true: byId("true-class"), predicted: byId("predicted-class") }

const fail = (error) => {
  console.error(error)
  byId("problem").hidden = false
}

/** An image with the saliency of its predicted class over it. */
const setSources = (image, over, number, predicted) => {
  image.src = `images/${number}.png`
  over.src = `images/${number}-${predicted}.png`
}

const card = (content, cell, [number, share], predicted, enlarge) => {
  const { name, colour } = content.classes[predicted]
  const image = element("img", { loading: "lazy", alt: `${cell.title}. ${content.images[number]}` })
  const over = element("img", { loading: "lazy", alt: "", className: "over" })
  setSources(image, over, number, predicted)
  const label = element("span", { className: "label" }, name)
  label.style.borderTopColor = colour
  const layers = element("span", { className: "image" }, image, over)
  const button = element("button", { onclick: enlarge }, layers, label, element("span", {}, share))
  return element("li", {}, button)
}

const showImages = (content, cell, predicted) => {
  const { images } = cell
  let first = 0
  let open = 0

  const showLarge = (to) => {
    open = (to + images.length) % images.length
    const [number] = images[open]
    setSources(byId("large-image"), byId("large-over"), number, predicted)
    byId("large-title").textContent = cell.title
    byId("large-image").alt = cell.title
    byId("large-words").textContent = content.images[number]
    byId("large-number").textContent = `${open + 1} of ${images.length}`
  }
  const showPage = (to) => {
    first = to
    const shown = images.slice(first, first + PER_PAGE)
    gallery.replaceChildren(
      ...shown.map((one, index) =>
        card(content, cell, one, predicted, () => {
          showLarge(first + index)
          byId("large").showModal()
        }),
      ),
    )
    byId("page").textContent = `${first + 1}–${first + shown.length} of ${images.length}`
    byId("earlier").disabled = first === 0
    byId("later").disabled = first + PER_PAGE >= images.length
  }

  byId("pages").hidden = images.length <= PER_PAGE
  byId("earlier").onclick = () => showPage(first - PER_PAGE)
  byId("later").onclick = () => showPage(first + PER_PAGE)
  byId("previous").onclick = () => showLarge(open - 1)
  byId("following").onclick = () => showLarge(open + 1)
  showPage(0)
}

const start = (content) => {
  const chosen = () => ({ row: Number(choices.true.value), column: Number(choices.predicted.value) })

  const drawMatrix = () => {
    const { row, column } = chosen()
    const { data, layout } = content.rules[choices.rule.value].views[choices.numbers.value]
    const shapes = [content.frames[row][column]]
    return draw(place, { data, layout: { ...layout, shapes } }).catch(fail)
  }
  const show = () => {
    const { row, column } = chosen()
    const rule = content.rules[choices.rule.value]
    const cell = rule.cells[row][column]
    for (const part of document.querySelectorAll("[data-rule]")) part.hidden = part.dataset.rule !== choices.rule.value
    byId("words").textContent = cell.words
    if (gallery) showImages(content, cell, column)
    return drawMatrix()
  }
  const remember = () => {
    const address = new URL(location)
    for (const [name, select] of Object.entries(choices)) {
      if (select.selectedIndex === select.start) address.searchParams.delete(name)
      else address.searchParams.set(name, select.selectedIndex)
    }
    history.replaceState(null, "", address)
    show()
  }

  const asked = new URLSearchParams(location.search)
  for (const [name, select] of Object.entries(choices)) {
    select.start = select.selectedIndex
    const index = asked.has(name) ? Number(asked.get(name)) : select.start
    if (select.options[index]) select.selectedIndex = index
    select.addEventListener("change", remember)
  }
  show().then(() =>
    place.on?.("plotly_click", ({ points }) => {
      const [row, column] = points[0].customdata
      choices.true.value = row
      choices.predicted.value = column
      remember()
    }),
  )

  // A chart is drawn when its section is open, since it takes its width from there.
  for (const section of document.querySelectorAll("details")) {
    const drawAll = () => {
      if (!section.open) return
      for (const { dataset } of section.querySelectorAll("[data-chart]")) {
        draw(placeOf(dataset.chart), content.sections[dataset.chart]).catch(fail)
      }
    }
    section.addEventListener("toggle", drawAll)
    drawAll()
  }

  if (!gallery) return
  byId("saliency").addEventListener("change", (event) => {
    document.body.classList.toggle("without-saliency", !event.target.checked)
  })
  byId("close").addEventListener("click", () => byId("large").close())
  pressByKey([byId("previous"), byId("following")])
}

fetch("charts/confusion-matrix.json").then((response) => response.json()).then(start).catch(fail)
