// The service worker: keeps the page and the network's numbers, so that both are there without the service.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const CACHE = "inknet";
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
  if (request.method === "GET" && KEPT.has(request.url)) event.respondWith(newest(request));
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
 */
async function newest(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    if (response.status < 500) return response;
  } catch {
    // The service is away.
  }
  return (await cache.match(request)) ?? Response.error();
}
