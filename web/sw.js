// The service worker: caches the page and the network's weights, so that both work without the service.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const CACHE = "inknet";
/** How long to wait for the service before using the cache, in milliseconds. */
const TIMEOUT = 5000;
const FILES = [
  "./",
  "drawings/collection.js",
  "drawings/drawings.css",
  "drawings/files.js",
  "drawings/store.js",
  "favicon.svg",
  "icon-192.png",
  "icon-512.png",
  "index.html",
  "inknet.webmanifest",
  "inside/details.js",
  "inside/inside.css",
  "inside/inside.js",
  "main.js",
  "model/network",
  "page/answer.css",
  "page/answer.js",
  "page/base.css",
  "page/console.js",
  "page/drawing-area.js",
  "page/elements.js",
  "page/handwriting.js",
  "page/handwriting.json",
  "page/overlay.js",
  "page/page.css",
  "page/picture.js",
  "page/preview.js",
  "page/shortcuts.js",
  "recognition/classes.js",
  "recognition/live.js",
  "recognition/moments.js",
  "recognition/network.js",
  "recognition/png.js",
  "recognition/rasterize.js",
  "recognition/recognizer.js",
  "recognition/service.js",
];
const URLS = new Set(FILES.map((file) => new URL(file, worker.registration.scope).href));

worker.addEventListener("install", (event) => {
  event.waitUntil(precache());
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  // A query or a fragment does not change the page.
  const url = request.mode === "navigate" ? request.url.replace(/[?#].*/, "") : request.url;
  if (request.method === "GET" && URLS.has(url)) event.respondWith(networkFirst(request, url));
});

async function precache() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  await worker.skipWaiting();
}

/**
 * Returns the service's response, so that nothing stale is shown while the service is available; otherwise the cached one.
 *
 * @param {Request} request
 * @param {string} url  The key in the cache.
 */
async function networkFirst(request, url) {
  const cache = await caches.open(CACHE);
  const cached = await cache.match(url);
  try {
    const response = await Promise.race([fetch(request), ...(cached ? [rejectAfterTimeout()] : [])]);
    if (response.type === "opaqueredirect") return response; // for instance to a login page: the browser follows it
    // A gateway's HTML page instead of a module does not come from the service.
    const fromService = !response.redirected && isHtml(response) === /(\/|\.html)$/.test(url);
    // If the storage is full, the response is still shown.
    if (response.ok && fromService) await cache.put(url, response.clone()).catch(() => {});
    if (response.status < 500 && (fromService || !cached)) return response;
  } catch {
    // The service is unavailable or too slow.
  }
  return cached ?? Response.error();
}

/** @returns {Promise<never>} */
function rejectAfterTimeout() {
  return new Promise((_, reject) => setTimeout(reject, TIMEOUT, new Error("The service did not answer in time.")));
}

/** @param {Response} response */
function isHtml(response) {
  return response.headers.get("Content-Type")?.startsWith("text/html") ?? false;
}
