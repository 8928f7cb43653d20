// Elements of the page. Names of files and classes come from strangers: they are set as text, never as markup.

export const byId = (id) => document.getElementById(id)

/** Return a new element with properties and children; a property that is no property is an attribute. */
export const element = (tag, properties = {}, ...children) => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value
    else made.setAttribute(name, value)
  }
  made.append(...children)
  return made
}

/** Draw an image, `{width, height, data}` in RGB, or RGBA where it has four channels, on a canvas of its size. */
export const draw = (canvas, { width, height, data }, channels = 3) => {
  canvas.width = width
  canvas.height = height
  const rgba = new ImageData(width, height)
  if (channels === 4) rgba.data.set(data)
  else {
    for (let from = 0, to = 0; from < data.length; to++) {
      rgba.data[to++] = data[from++]
      rgba.data[to++] = data[from++]
      rgba.data[to++] = data[from++]
      rgba.data[to] = 255
    }
  }
  canvas.getContext("2d").putImageData(rgba, 0, 0)
}

/** Offer a text as a file. */
export const save = (text, name, type) => {
  const url = URL.createObjectURL(new Blob([text], { type }))
  element("a", { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
