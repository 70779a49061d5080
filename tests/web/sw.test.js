// The service worker's choice between what the service sends and what is kept, in node: it is given a cache, a network
// and a clock of this test's.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import vm from "node:vm";

const SCOPE = "http://localhost/";
const SOURCE = await readFile(new URL("../../web/sw.js", import.meta.url), "utf8");

/** A response as the worker sees it; `type` is its Content-Type. */
function response(body, { type = "text/javascript", status = 200, ...more } = {}) {
  return { ok: status < 300, status, redirected: false, type: "basic", headers: new Headers({ "Content-Type": type }), clone: () => body, body, ...more };
}

/**
 * What the worker answers to a request for page/drawing-area.js.
 *
 * @param {{ kept?: object, network: () => Promise<object>, put?: () => Promise<void>, url?: string, mode?: string }} world
 */
async function ask({ kept, network, put = async () => {}, url = `${SCOPE}page/drawing-area.js`, mode = "cors" }) {
  const listeners = new Map();
  const stored = [];
  const asked = [];
  const cache = {
    match: async (address) => (asked.push(address), kept),
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

test("what the service has is shown and kept", async () => {
  const fresh = response("new");
  const { answer, stored } = await ask({ kept: OLD, network: async () => fresh });
  assert.equal(answer, fresh);
  assert.deepEqual(stored, [[`${SCOPE}page/drawing-area.js`, "new"]]);
});

test("what is kept is shown while the service is away, fails, or says nothing", async () => {
  const failing = async () => {
    throw new TypeError("no network");
  };
  for (const network of [failing, async () => response("", { status: 502 }), never]) {
    const { answer, stored } = await ask({ kept: OLD, network });
    assert.equal(answer, OLD);
    assert.deepEqual(stored, []);
  }
});

test("where nothing is kept, a slow service is waited for", async () => {
  const fresh = response("new");
  const slow = () => new Promise((done) => setTimeout(done, 60, fresh));
  assert.equal((await ask({ network: slow })).answer, fresh);
});

test("a gateway's page is neither kept nor shown in the place of a module", async () => {
  const pages = [response("<p>Sign in", { type: "text/html" }), response("elsewhere", { redirected: true })];
  for (const page of pages) {
    const { answer, stored } = await ask({ kept: OLD, network: async () => page });
    assert.equal(answer, OLD);
    assert.deepEqual(stored, []);
  }
});

test("a redirection of the whole page is left to the browser", async () => {
  const away = response("", { type: "", status: 0, ok: false });
  away.type = "opaqueredirect";
  assert.equal((await ask({ kept: OLD, network: async () => away, url: SCOPE, mode: "navigate" })).answer, away);
});

test("what is new is shown where there is no room to keep it", async () => {
  const fresh = response("new");
  const full = async () => {
    throw new Error("QuotaExceededError");
  };
  assert.equal((await ask({ kept: OLD, network: async () => fresh, put: full })).answer, fresh);
});

test("any link to the page is to the same page", async () => {
  for (const more of ["", "?from=home", "#inside"]) {
    const { asked } = await ask({ kept: OLD, network: never, url: SCOPE + more, mode: "navigate" });
    assert.deepEqual(asked, [SCOPE]);
  }
});
