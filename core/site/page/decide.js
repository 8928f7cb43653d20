// What a prediction says: the predicted class, the possible classes, and the strongest cell of its saliency.

/** Return the index of the largest value, the first of equal ones. */
export const largest = (values) => values.reduce((best, value, index) => (value > values[best] ? index : best), 0)

/** Return which classes are possible (core/evaluation/conformal.py, prediction_set). */
export const possible = (probabilities, thresholds) =>
  Array.from(probabilities, (probability, index) => 1 - probability <= thresholds[index])

/** Return row and column, from 1, of the strongest cell of a class, and its share; null where none is positive. */
export const peak = ({ rows, columns, data }, ofClass) => {
  const cells = data.subarray(ofClass * rows * columns, (ofClass + 1) * rows * columns)
  const total = cells.reduce((sum, value) => sum + Math.max(value, 0), 0)
  if (!(total > 0)) return null
  const strongest = largest(cells)
  return {
    row: Math.floor(strongest / columns) + 1,
    column: (strongest % columns) + 1,
    share: cells[strongest] / total,
  }
}
