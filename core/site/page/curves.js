// Replays a training: Python wrote a figure and words for each epoch, and this shows one after the other.
import { draw, frameOf, placeOf } from "./charts.js"
import { byId } from "./dom.js"
import { pressByKey } from "./keys.js"

const NAMES = ["accuracy", "loss", "matrix"]
const places = NAMES.map(placeOf)
const slider = byId("slider")

const fail = (error) => {
  console.error(error)
  byId("problem").hidden = false
}

const show = (content, index) => {
  const { epoch, words, facts, alt, matrix, matrix_of: images } = content.epochs[index]
  byId("epoch").value = epoch
  slider.value = index
  slider.setAttribute("aria-valuetext", words)
  byId("words").textContent = words
  byId("matrix-title").textContent = matrix
  byId("matrix-of").textContent = images
  document.querySelectorAll(".tile").forEach((tile, number) => {
    for (const part of ["name", "value", "note"]) tile.querySelector(`.${part}`).textContent = facts[number][part]
  })
  byId("explained").querySelectorAll("dd").forEach((place, number) => {
    place.textContent = facts[number].explanation
  })
  NAMES.forEach((name, number) => {
    draw(places[number], frameOf(content.charts[name], index), alt[name]).catch(fail)
  })
}

const replay = (content) => {
  const last = content.epochs.length - 1
  const asked = Number(new URLSearchParams(location.search).get("epoch"))
  const at = content.epochs.findIndex(({ epoch }) => epoch === asked)
  let index = at < 0 ? last : at
  let timer

  const go = (to) => {
    index = Math.min(Math.max(to, 0), last)
    show(content, index)
  }
  const remember = () => {
    const address = new URL(location)
    if (index === last) address.searchParams.delete("epoch")
    else address.searchParams.set("epoch", content.epochs[index].epoch)
    history.replaceState(null, "", address)
  }
  const pause = () => {
    clearInterval(timer)
    timer = undefined
    byId("play").textContent = content.pause_or_play[1]
    byId("words").setAttribute("aria-live", "polite")
    remember()
  }
  const tick = () => {
    go(index + 1)
    if (index === last) pause()
  }
  const play = () => {
    if (index === last) go(0)
    byId("play").textContent = content.pause_or_play[0]
    // A screen reader would read on for minutes.
    byId("words").setAttribute("aria-live", "off")
    timer = setInterval(tick, 1000 / Number(byId("speed").value))
  }
  const step = (to) => {
    pause()
    go(to)
    remember()
  }

  byId("play").addEventListener("click", () => (timer ? pause() : play()))
  byId("back").addEventListener("click", () => step(index - 1))
  byId("next").addEventListener("click", () => step(index + 1))
  slider.addEventListener("input", () => step(Number(slider.value)))
  byId("speed").addEventListener("change", () => {
    if (!timer) return
    clearInterval(timer)
    play()
  })
  pressByKey([byId("play"), byId("back"), byId("next")])
  byId("controls").inert = false
  go(index)
}

fetch("charts/training-curves.json").then((response) => response.json()).then(replay).catch(fail)
