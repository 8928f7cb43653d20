// The bundle's network, run by ONNX Runtime Web on one thread.
import * as ort from "./ort/ort.wasm.min.js"
import { toHex } from "./bytes.js"

const OUTPUTS = ["probabilities", "saliency", "embedding"]
const TOLERANCE = 1e-4

/** Tell whether bytes are those that Python wrote; where browsers compute no hashes, over http, it is not known. */
const isSame = async (bytes, sha256) => {
  const found = await globalThis.crypto?.subtle?.digest("SHA-256", bytes)
  return !found || toHex(new Uint8Array(found)) === sha256
}

/**
 * Fetch files, telling after each piece how many bytes of all have come; they are named with size and SHA-256.
 *
 * Another version of one is an error: a cache on the way may mix the network of one site with the limits of another.
 */
export const download = async (files, base, tell) => {
  const total = files.reduce((sum, [, size]) => sum + size, 0)
  let done = 0
  const contents = await Promise.all(
    files.map(async ([name, size, sha256]) => {
      const response = await fetch(new URL(name, base), { cache: "no-cache" })
      if (!response.ok) throw new Error(name)
      const found = new Uint8Array(size), reader = response.body.getReader()
      let length = 0
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        found.set(part.value, length) // throws where there is more than Python wrote
        length += part.value.length
        done += part.value.length
        tell(done, total)
      }
      if (length !== size || !(await isSame(found, sha256))) throw new Error(name)
      return [name, found]
    }),
  )
  return Object.fromEntries(contents)
}

/** Return a function of a network's input, `{width, height, data}`, that gives its outputs. */
export const open = async (model, binary, base) => {
  ort.env.wasm.numThreads = 1 // more would need headers that a plain server does not send
  ort.env.wasm.wasmBinary = binary
  ort.env.wasm.wasmPaths = { mjs: new URL("ort/ort-wasm-simd-threaded.js", base).href }
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] })
  return async ({ width, height, data }) => {
    const image = new ort.Tensor("float32", Float32Array.from(data), [1, height, width, 3])
    const outputs = await session.run({ image }, OUTPUTS)
    image.dispose()
    const found = Object.fromEntries(OUTPUTS.map((name) => [name, outputs[name]]))
    check(found)
    const [, , rows, columns] = found.saliency.dims
    return {
      probabilities: found.probabilities.data.slice(),
      saliency: { rows, columns, data: found.saliency.data.slice() },
      embedding: found.embedding.data.slice(),
    }
  }
}

const check = ({ probabilities, saliency, embedding }) => {
  const all = [probabilities, saliency, embedding]
  const sum = probabilities.data.reduce((total, value) => total + value, 0)
  const valid =
    all.every(({ data }) => data.length && data.every(Number.isFinite)) &&
    saliency.dims.length === 4 &&
    saliency.dims[1] === probabilities.data.length &&
    saliency.data.every((value) => value >= 0) &&
    probabilities.data.every((value) => value >= -TOLERANCE) &&
    Math.abs(sum - 1) <= TOLERANCE
  if (!valid) throw new Error("an output that is not valid")
}
