// Draws the figures that Python wrote, in the colours of the page.

const SCRIPT = "plotly/plotly.min.js"
const CONFIG = { displayModeBar: false, responsive: true }
const GRID = "rgba(128, 132, 149, 0.35)" // on both themes
const NONE = "rgba(0, 0, 0, 0)"

let loading
const plotly = () =>
  (loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = SCRIPT
    script.onload = () => resolve(globalThis.Plotly)
    script.onerror = () => reject(new Error(`${SCRIPT} cannot be loaded`))
    document.head.append(script)
  }))

const shown = new Map() // place of a chart → its figure

/** What a figure leaves open. A finger on a chart moves the page. */
const template = (place) => {
  const { color, fontFamily } = getComputedStyle(place)
  const axis = { automargin: true, gridcolor: GRID, zerolinecolor: GRID, tickfont: { color }, title: { standoff: 8 }, ticks: "" }
  return {
    layout: {
      font: { color, family: fontFamily, size: 12 },
      paper_bgcolor: NONE,
      plot_bgcolor: NONE,
      dragmode: false,
      hoverlabel: { align: "left" },
      xaxis: axis,
      yaxis: axis,
    },
  }
}

/** Return the place of a chart by its name, with the room that it needs. */
export const placeOf = (name) => {
  const place = document.querySelector(`[data-chart="${name}"]`)
  place.style.height = `${place.dataset.height}px`
  return place
}

/** Draw a figure, { data, layout }, with its content in words; resolves when it is drawn. */
export const draw = async (place, figure, alt) => {
  shown.set(place, figure)
  if (alt) place.setAttribute("aria-label", alt)
  const library = await plotly()
  if (shown.get(place) !== figure) return // another one was asked for meanwhile
  const { data, layout } = structuredClone(figure) // Plotly writes into them
  const height = layout.height ?? Number(place.dataset.height)
  place.style.height = `${height}px`
  await library.react(place, data, { ...layout, height, template: template(place) }, CONFIG)
}

/** Return one of the figures that differ from one another a little, as `replay` of charts.py wrote them. */
export const frameOf = ({ figure, frames }, index) => {
  const frame = frames[index]
  const data = figure.data.map((trace, number) => {
    const { points, ...changed } = frame.data[number]
    if (points === undefined) return { ...trace, ...changed }
    return { ...trace, x: trace.x.slice(0, points), y: trace.y.slice(0, points) }
  })
  return { data, layout: { ...figure.layout, ...frame.layout } }
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const [place, figure] of shown) draw(place, figure)
})
