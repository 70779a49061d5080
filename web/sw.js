// The service worker: keeps the page and the network's numbers, so that both are there without the service.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const CACHE = "inknet";
/** How long the service may take while there is something kept to show instead, in milliseconds. */
const PATIENCE = 5000;
const FILES = [
  "./",
  "answer.js",
  "classes.js",
  "collection.js",
  "favicon.svg",
  "files.js",
  "hands.js",
  "hands.json",
  "icon-192.png",
  "icon-512.png",
  "index.html",
  "ink.js",
  "inknet.webmanifest",
  "inside.js",
  "live.js",
  "log.js",
  "main.js",
  "model/network",
  "moments.js",
  "network.js",
  "node.js",
  "overlay.js",
  "pad.js",
  "picture.js",
  "png.js",
  "preview.js",
  "reader.js",
  "service.js",
  "shortcuts.js",
  "store.js",
  "style.css",
];
const KEPT = new Set(FILES.map((file) => new URL(file, worker.registration.scope).href));

worker.addEventListener("install", (event) => {
  event.waitUntil(keepAll());
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  // The page is the same page whatever a link to it has after # or ?.
  const address = request.mode === "navigate" ? request.url.replace(/[?#].*/, "") : request.url;
  if (request.method === "GET" && KEPT.has(address)) event.respondWith(newest(request, address));
});

async function keepAll() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  await worker.skipWaiting();
}

/**
 * What the service has now, so that nothing kept is ever shown in the place of something newer; else what is kept.
 *
 * @param {Request} request
 * @param {string} address  What it is kept under.
 */
async function newest(request, address) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(address);
  try {
    const response = await Promise.race([fetch(request), ...(kept ? [late()] : [])]);
    if (response.type === "opaqueredirect") return response; // to sign in, perhaps: the browser follows it
    // A gateway's page in the place of a module is not the service's answer.
    const ours = !response.redirected && isPage(response) === /(\/|\.html)$/.test(address);
    // Where there is no room to keep it, what is new is shown all the same.
    if (response.ok && ours) await cache.put(address, response.clone()).catch(() => {});
    if (response.status < 500 && (ours || !kept)) return response;
  } catch {
    // The service is away, or as good as that.
  }
  return kept ?? Response.error();
}

/** @returns {Promise<never>} */
function late() {
  return new Promise((_, failed) => setTimeout(failed, PATIENCE, new Error("The service took too long.")));
}

/** @param {Response} response */
function isPage(response) {
  return response.headers.get("Content-Type")?.startsWith("text/html") ?? false;
}
