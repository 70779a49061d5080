// Does in Firefox what a job on standard input says, and prints what came of it, both as JSON. See browsers.py.

import { text } from "node:stream/consumers";
import puppeteer from "puppeteer-core";

const { executable, address, ratio, resist, drawings, digits, script } = JSON.parse(await text(process.stdin));
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: executable,
  headless: true,
  defaultViewport: { width: 1280, height: 900 },
  extraPrefsFirefox: {
    "layout.css.devPixelsPerPx": String(ratio),
    "privacy.resistFingerprinting": resist,
  },
});
try {
  const page = await browser.newPage();
  await page.goto(address);
  await page.waitForSelector(".digits button:enabled");
  await page.evaluate(script);
  const images = await page.evaluate((some) => window.inkAll(some), drawings);
  const answers = [];
  for (const strokes of digits) {
    await press("#clear");
    await draw(strokes);
    answers.push(await send());
  }
  const undone = digits.length > 0 ? await undo() : null;
  console.log(JSON.stringify({ images, answers, undone, ratio: await page.evaluate("devicePixelRatio") }));

  async function undo() {
    const before = await page.evaluate("told.at(-1)");
    await draw([[[20, 20], [260, 260]]]);
    await send();
    const changed = await page.evaluate("told.at(-1)");
    await press("#undo");
    await send();
    return { before, changed, after: await page.evaluate("told.at(-1)") };
  }

  async function press(selector) {
    await (await page.$(selector)).click();
  }

  async function draw(strokes) {
    const box = await (await page.$("[role=img][aria-label='Drawing area']")).boundingBox();
    const scale = box.width / 280;
    for (const [first, ...others] of strokes) {
      await page.mouse.move(box.x + first[0] * scale, box.y + first[1] * scale);
      await page.mouse.down();
      for (const [x, y] of others) await page.mouse.move(box.x + x * scale, box.y + y * scale);
      await page.mouse.up();
    }
  }

  async function send() {
    await press("#send");
    const status = await page.waitForSelector("[role=status]:is([data-kind=answer], [data-kind=unsure])", { timeout: 20000 });
    return Number((await status.evaluate((element) => element.textContent)).match(/\d/)[0]);
  }
} finally {
  await browser.close();
}
