// The 28 × 28 image, enlarged: each pixel of the small canvas is one that the network reads; the style sheet enlarges.

import { GRID } from "./ink.js";

const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#preview"));
const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/** @type {Uint8Array | null} */
let shown = null;

/** @param {Uint8Array | null} image  What was sent; null when nothing was. */
export function showPreview(image) {
  shown = image;
  canvas.ariaLabel = image ? "The image that was sent, 28 by 28 pixels" : "No image has been sent yet";
  paint();
}

function paint() {
  context.clearRect(0, 0, GRID, GRID);
  context.fillStyle = getComputedStyle(canvas).color;
  shown?.forEach((ink, i) => {
    context.globalAlpha = ink / 255;
    context.fillRect(i % GRID, Math.floor(i / GRID), 1, 1);
  });
}

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
