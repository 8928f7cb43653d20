// Words of site.json with values in their places, and numbers as Python writes them.

/** Put values into the places {name} of a text. */
export const fill = (text, values = {}) => text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place)

/** Write a share in percent, as Python's `:.1%` does: of two nearest numbers the even one. */
export const percent = (share, digits = 1) => {
  const value = share * 100, unit = 10 ** digits
  const scaled = value * unit, low = Math.floor(scaled)
  const half = scaled - low === 0.5 && (low + 0.5) / unit === value
  return `${(half ? (low + (low % 2)) / unit : value).toFixed(digits)}%`
}

/** Write a number to three digits. */
export const short = (value) => String(Number(value.toPrecision(3)))

/** Write probabilities in falling order: malignant 71.0%, benign 20.1%. */
export const inFallingOrder = (classes, probabilities) =>
  classes
    .map((name, index) => [name, probabilities[index]])
    .sort(([, one], [, other]) => other - one)
    .map(([name, value]) => `${name} ${percent(value)}`)
    .join(", ")
