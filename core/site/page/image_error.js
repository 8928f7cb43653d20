// Why a file gives no image: a reason of `words.refused` in site.json, and the values in its sentence.
export class ImageError extends Error {
  constructor(reason, values = {}) {
    super(reason)
    this.reason = reason
    this.values = values
  }
}

export const damaged = () => new ImageError("damaged")
