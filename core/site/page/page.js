// Runs on every page: a service worker keeps the files.

const WAIT = 3000 // ms; a first visit goes on without it then

/** Resolve when a service worker answers the page's requests, or when there is none. */
export const kept = (async () => {
  const workers = navigator.serviceWorker
  if (!workers) return false // not over plain http, but for this machine's own
  try {
    await workers.register("sw.js")
  } catch {
    return false // blocked, as in some private windows
  }
  if (workers.controller) return true
  return await new Promise((resolve) => {
    workers.addEventListener("controllerchange", () => resolve(true), { once: true })
    setTimeout(() => resolve(false), WAIT)
  })
})()

/** Ask the service worker to fetch what no page has asked for yet, as soon as there is one, and each new one. */
export const keepTheRest = () => {
  const workers = navigator.serviceWorker
  const ask = () => workers?.controller?.postMessage("fill")
  workers?.addEventListener("controllerchange", ask)
  ask()
}
