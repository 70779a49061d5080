// Runs Lighthouse on the page at the given address; fails if performance, accessibility or best practices is below 0.95.

import * as chromeLauncher from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";

const [address, executable] = process.argv.slice(2);
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const LEAST = 0.95;

const chrome = await chromeLauncher.launch({
  chromePath: executable,
  chromeFlags: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
});
let low = false;
try {
  for (const [device, config] of [["phone", undefined], ["desktop", desktopConfig]]) {
    const result = await lighthouse(address, { port: chrome.port, logLevel: "error", onlyCategories: CATEGORIES }, config);
    const { categories, audits } = result.lhr;
    const scores = CATEGORIES.map((name) => [name, categories[name].score]);
    console.log(device, ...scores.map(([name, score]) => `${name} ${Math.round(100 * score)}`));
    low ||= scores.slice(0, 3).some(([, score]) => score < LEAST);
    for (const { id, title, score, scoreDisplayMode, displayValue } of Object.values(audits)) {
      if (score !== null && score < 0.9 && scoreDisplayMode !== "informative") {
        console.log(`  ${id}: ${title} ${displayValue ?? ""}`);
      }
    }
  }
} finally {
  await chrome.kill();
}
process.exitCode = low ? 1 : 0;
