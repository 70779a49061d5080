// Firefox for the tests: does what each line of standard input asks, in JSON, and answers each with a line of JSON.
// It ends with its input, and in any case after `seconds`.

import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const { executable, prefs, seconds } = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: executable,
  headless: true,
  defaultViewport: { width: 1280, height: 900 },
  extraPrefsFirefox: prefs,
  protocolTimeout: 30_000,
  timeout: 60_000,
});
setTimeout(() => browser.close().finally(() => process.exit(1)), seconds * 1000).unref();

const [page] = await browser.pages();
const errors = [];
page.on("pageerror", (error) => errors.push(String(error)));
const found = new Map();

async function find({ role, name = "" }) {
  const selector = `::-p-aria(${name}[role="${role}"])`;
  if (!found.has(selector)) found.set(selector, await page.waitForSelector(selector, { timeout: 10_000 }));
  return found.get(selector);
}

const actions = {
  async open({ address }) {
    found.clear();
    await page.goto(address);
  },
  evaluate: ({ expression }) => page.evaluate(expression),
  box: async (what) => (await find(what)).boundingBox(),
  text: async (what) => (await find(what)).evaluate((element) => element.innerText),
  click: async (what) => (await find(what)).click(),
  async pen({ points: [[x, y], ...others] }) {
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (const [nextX, nextY] of others) await page.mouse.move(nextX, nextY);
    await page.mouse.up();
  },
  errors: async () => errors,
};

try {
  console.log(JSON.stringify({ value: await browser.version() }));
  for await (const line of createInterface({ input: process.stdin })) {
    const { action, ...what } = JSON.parse(line);
    const answer = await actions[action](what).then(
      (value) => ({ value }),
      (error) => ({ error: String(error) }),
    );
    console.log(JSON.stringify(answer));
  }
} finally {
  await browser.close();
}
