// What the network sees: the drawing as it is given to it, 28 × 28 pixels.

import { paint } from "./picture.js";

const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#preview"));
/** The same again, where the network is looked into. */
const inputs = /** @type {HTMLCanvasElement} */ (document.querySelector("#inputs"));

/** @param {ArrayLike<number> | null} input  Shares of ink; null when there is no drawing. */
export function showPreview(input) {
  canvas.ariaLabel = input ? "The drawing as the network sees it, 28 by 28 pixels" : "Nothing is drawn yet";
  paint(canvas, input, 1);
  paint(inputs, input, 1);
}
