// The service worker's choice between the service's response and the cached one, in node, with a fake cache, network and
// clock.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import vm from "node:vm";

const SCOPE = "http://localhost/";
const SOURCE = await readFile(new URL("../../web/sw.js", import.meta.url), "utf8");

/** A fake response; `type` is its Content-Type. */
function response(body, { type = "text/javascript", status = 200, ...more } = {}) {
  return { ok: status < 300, status, redirected: false, type: "basic", headers: new Headers({ "Content-Type": type }), clone: () => body, body, ...more };
}

/**
 * Returns the worker's answer to a request for page/drawing-area.js.
 *
 * @param {{ cached?: object, network: () => Promise<object>, put?: () => Promise<void>, url?: string, mode?: string }} world
 */
async function ask({ cached, network, put = async () => {}, url = `${SCOPE}page/drawing-area.js`, mode = "cors" }) {
  const listeners = new Map();
  const stored = [];
  const asked = [];
  const cache = {
    match: async (address) => (asked.push(address), cached),
    put: async (address, body) => put().then(() => stored.push([address, body])),
  };
  vm.runInNewContext(SOURCE, {
    self: { registration: { scope: SCOPE }, addEventListener: (name, listener) => listeners.set(name, listener) },
    caches: { open: async () => cache },
    fetch: network,
    setTimeout: (act, _, value) => setTimeout(act, 20, value),
    Response: { error: () => "error" },
    URL,
  });
  let answer;
  listeners.get("fetch")({ request: { method: "GET", url, mode }, respondWith: (given) => (answer = given) });
  return { answer: await answer, stored, asked };
}

const OLD = response("old");
const never = () => new Promise(() => {});

test("a response of the service is returned and cached", async () => {
  const fresh = response("new");
  const { answer, stored } = await ask({ cached: OLD, network: async () => fresh });
  assert.equal(answer, fresh);
  assert.deepEqual(stored, [[`${SCOPE}page/drawing-area.js`, "new"]]);
});

test("the cached response is returned while the service is unavailable, fails or does not respond", async () => {
  const failing = async () => {
    throw new TypeError("no network");
  };
  for (const network of [failing, async () => response("", { status: 502 }), never]) {
    const { answer, stored } = await ask({ cached: OLD, network });
    assert.equal(answer, OLD);
    assert.deepEqual(stored, []);
  }
});

test("without a cached response, the worker waits for a slow service", async () => {
  const fresh = response("new");
  const slow = () => new Promise((done) => setTimeout(done, 60, fresh));
  assert.equal((await ask({ network: slow })).answer, fresh);
});

test("a gateway's page is neither cached nor returned instead of a module", async () => {
  const pages = [response("<p>Sign in", { type: "text/html" }), response("elsewhere", { redirected: true })];
  for (const page of pages) {
    const { answer, stored } = await ask({ cached: OLD, network: async () => page });
    assert.equal(answer, OLD);
    assert.deepEqual(stored, []);
  }
});

test("a redirect of the page is left to the browser", async () => {
  const away = response("", { type: "", status: 0, ok: false });
  away.type = "opaqueredirect";
  assert.equal((await ask({ cached: OLD, network: async () => away, url: SCOPE, mode: "navigate" })).answer, away);
});

test("a response is returned even if the storage is full", async () => {
  const fresh = response("new");
  const full = async () => {
    throw new Error("QuotaExceededError");
  };
  assert.equal((await ask({ cached: OLD, network: async () => fresh, put: full })).answer, fresh);
});

test("a query or fragment does not change the page", async () => {
  for (const more of ["", "?from=home", "#inside"]) {
    const { asked } = await ask({ cached: OLD, network: never, url: SCOPE + more, mode: "navigate" });
    assert.deepEqual(asked, [SCOPE]);
  }
});
