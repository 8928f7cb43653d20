// The downloads: the columns of the app's (core/inference/prediction_table.py), written as Python writes them.
import { largest } from "./decide.js"

/** Write a rectangle as X,Y,W,H. */
export const writeCrop = (box) =>
  box ? [box.left, box.top, box.right - box.left, box.bottom - box.top].join() : ""

/** Tell whether two rectangles are the same, or both none. */
export const sameCrop = (one, other) => writeCrop(one) === writeCrop(other)

/** Return a row of the downloads for the result of an image. */
export const rowOf = (name, result, site) => {
  const { classes, columns, probability_columns: probabilities, seen_by: by, origin } = site.table
  const values = {
    file: name,
    sha256: result.sha256 ?? "",
    crop: writeCrop(result.box),
    predicted_class: classes[largest(result.probabilities)],
    possible: classes.filter((_, index) => result.possible[index]),
    distance: result.distances[0],
    unlike_training: result.unlike,
    seen_in_training: result.seen ?? "",
    seen_by: result.seen ? by : "",
    warning: result.warning,
    notes: result.notes.map((note) => site.words.notes[note]).join(" "),
    ...origin,
  }
  probabilities.forEach((column, index) => { values[column] = result.probabilities[index] })
  return columns.map((column) => [column, values[column]])
}

/** Write a number as Python's repr does. */
const float = (value) => {
  const size = Math.abs(value)
  if (size && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split("e")
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}

const FORMULA = /(?:^|(?<=[,;\t\r\n]))(?='*[=+\-@\t\r\n])/g
/** Return a text that no spreadsheet takes for a formula (core/csv_table.py, neutralise). */
const neutral = (text) => text.replace(FORMULA, "'")

const joined = (names) => names.map((name) => name.replace(/[\\;]/g, "\\$&")).join("; ")

const cell = (value) => {
  if (typeof value === "number") return float(value)
  if (typeof value === "boolean") return value ? "True" : "False"
  const text = neutral(Array.isArray(value) ? joined(value) : value)
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
}

/** Return rows as the text of a CSV file. */
export const toCsv = (rows) =>
  [rows[0].map(([column]) => cell(column)), ...rows.map((row) => row.map(([, value]) => cell(value)))]
    .map((cells) => `${cells.join()}\n`)
    .join("")

const json = (value) => {
  if (typeof value === "number") return float(value)
  if (!Array.isArray(value)) return JSON.stringify(value)
  return value.length ? `[\n${value.map((one) => `      ${JSON.stringify(one)}`).join(",\n")}\n    ]` : "[]"
}

/** Return rows as a JSON list of objects. */
export const toJson = (rows) => {
  const objects = rows.map((row) => row.map(([name, value]) => `    ${JSON.stringify(name)}: ${json(value)}`).join(",\n"))
  return `[\n${objects.map((fields) => `  {\n${fields}\n  }`).join(",\n")}\n]`
}
