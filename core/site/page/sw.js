// Keeps the files of the page, so that it works without a network after the first visit. The head of this
// file, which Python writes, has the VERSION of all FILES and their list.
// Several sites may share a host, and with it the caches: each has its folder in the name.
const OWN_CACHES = `site ${self.registration.scope} `
const CACHE = OWN_CACHES + VERSION
// What every page needs is fetched when this is installed. Large files are kept when a page asks for them
// first, so that none is fetched twice; `fill` fetches the rest.
const SMALL = /^[^/]*\.(?:html|css|js|json|svg)$/
const WAIT = 3000 // ms for the server to say which version it has; what is kept is shown then

const addressOf = (name) => new URL(name, self.registration.scope).href
const ADDRESSES = new Set(FILES.map(addressOf))

// The browser's own cache may hold a file of an earlier version. Some servers redirect about.html to about, and a
// browser takes no redirected response for a page.
const fetchNewest = async (address) => {
  const response = await fetch(address, { cache: "no-cache" })
  return response.redirected ? new Response(response.body, response) : response
}

const keep = async (address) => {
  const cache = await caches.open(CACHE)
  if (await cache.match(address)) return
  const response = await fetchNewest(address)
  if (response.ok) await cache.put(address, response)
}

self.addEventListener("install", (event) => {
  self.skipWaiting() // an earlier version keeps nothing any more: see `retire`
  event.waitUntil(Promise.all(FILES.filter((name) => SMALL.test(name)).map((name) => keep(addressOf(name)))))
})

self.addEventListener("activate", (event) => {
  const clean = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(OWN_CACHES) && name !== CACHE) await caches.delete(name)
    }
    await self.clients.claim()
  }
  event.waitUntil(clean())
})

const fillCache = async () => {
  if (await caches.has(CACHE)) await Promise.all([...ADDRESSES].map(keep))
}

self.addEventListener("message", (event) => {
  if (event.data === "fill") event.waitUntil(fillCache())
})

/**
 * Forget all files where the server has another version, or another page at this address.
 *
 * Without its cache this worker leaves every request to the network, so no page mixes two versions; that of the
 * new version takes its place. Where the server cannot be reached, or fails, what is kept is shown.
 */
const retire = async () => {
  let found
  try {
    const response = await fetch(self.location.href, { cache: "no-cache", signal: AbortSignal.timeout(WAIT) })
    if (!response.ok && ![404, 410].includes(response.status)) return
    found = response.ok ? await response.text() : ""
  } catch {
    return
  }
  if (found.startsWith(`const VERSION = ${JSON.stringify(VERSION)}\n`)) {
    await caches.open(CACHE) // which a visitor may have emptied
    return
  }
  await caches.delete(CACHE)
  if (!found.startsWith("const VERSION = ")) await self.registration.unregister()
}

const answer = async (event, address) => {
  if (event.request.mode === "navigate") await retire()
  if (!(await caches.has(CACHE))) return fetch(event.request, { cache: "no-cache" })
  const cache = await caches.open(CACHE)
  const kept = await cache.match(address)
  if (kept) return kept
  const response = await fetchNewest(address)
  if (response.ok) event.waitUntil(cache.put(address, response.clone()))
  return response
}

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request
  const address = url.split(/[?#]/)[0]
  const page = address === self.registration.scope ? addressOf("index.html") : address
  // Whatever is not a file of the page is left to the browser, and to the policy of the page.
  if (method === "GET" && ADDRESSES.has(page)) event.respondWith(answer(event, page))
})
