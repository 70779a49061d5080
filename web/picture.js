// Small pictures of 28 × 28 pixels: ink, weights, and what else there is one of for each pixel.

import { GRID } from "./ink.js";

/** What has been painted, for when the colours change; nothing is kept that the page has dropped. @type {WeakMap<Element, () => void>} */
const painted = new WeakMap();

/** Red, green and blue for what is above zero, and for what is below. @type {{ above: number[], below: number[] } | null} */
let colours = null;

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colours = null;
  for (const canvas of document.querySelectorAll("canvas")) painted.get(canvas)?.();
});

/**
 * Paints one value a pixel: the larger, the stronger.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number> | null} values  Null: nothing.
 * @param {number} [largest]  Painted full; else few values are larger than that.
 */
export function paint(canvas, values, largest) {
  const now = () => paintNow(canvas, values, largest);
  painted.set(canvas, now);
  now();
}

/**
 * @param {string} label  What it shows; empty where words beside it tell.
 * @param {ArrayLike<number>} values
 * @param {number} [largest]
 */
export function pictureOf(label, values, largest) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = GRID;
  canvas.className = "picture";
  if (label) {
    canvas.role = "img";
    canvas.ariaLabel = label;
  } else {
    canvas.ariaHidden = "true";
  }
  paint(canvas, values, largest);
  return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number> | null} values
 * @param {number} [largest]
 */
function paintNow(canvas, values, largest) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.clearRect(0, 0, GRID, GRID);
  if (!values) return;
  const { above, below } = (colours ??= currentColours());
  const most = largest ?? strong(values);
  const pixels = context.createImageData(GRID, GRID);
  for (let i = 0; i < values.length; i++) {
    pixels.data.set(values[i] < 0 ? below : above, 4 * i);
    pixels.data[4 * i + 3] = most > 0 ? Math.min(255, Math.round((255 * Math.abs(values[i])) / most)) : 0;
  }
  context.putImageData(pixels, 0, 0);
}

/**
 * A value that few others exceed: one large weight shall not make all others pale.
 *
 * @param {ArrayLike<number>} values
 */
function strong(values) {
  const sizes = Float64Array.from(values, Math.abs).sort();
  return sizes[Math.floor(0.98 * sizes.length)] || sizes[sizes.length - 1];
}

function currentColours() {
  const style = getComputedStyle(document.documentElement);
  const of = (/** @type {string} */ name) => style.getPropertyValue(name).trim().split(/\s+/).map(Number);
  return { above: of("--above"), below: of("--below") };
}
