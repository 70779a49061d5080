// Drawn over the sheet: what of it the network sees, and how that was cropped, scaled, centered and straightened.

import { GRID } from "./ink.js";
import { momentsOf, originOf } from "./moments.js";
import { PAD_SIZE } from "./pad.js";

/** The square that a drawing is fitted into, of the image's 28 × 28 pixels. */
const BOX = 20;

const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#overlay"));
const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
const wanted = /** @type {HTMLInputElement} */ (document.querySelector("#show-overlay"));

/** @type {{ image: Uint8Array, frame: import("./ink.js").Frame, upright: boolean } | null} */
let shown = null;

wanted.addEventListener("change", draw);
window.addEventListener("resize", draw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

/**
 * @param {{ image: Uint8Array, frame: import("./ink.js").Frame } | null} inked  Null: there is no drawing.
 * @param {boolean} upright  Whether the network has its digits straightened.
 */
export function showOverlay(inked, upright) {
  shown = inked && { ...inked, upright };
  draw();
}

function draw() {
  const size = Math.round(canvas.clientWidth * window.devicePixelRatio);
  canvas.width = canvas.height = size; // which also clears it
  if (!shown || !wanted.checked) return;
  const { image, frame, upright } = shown;
  const moments = momentsOf(Float64Array.from(image, (ink) => ink / 255));
  context.scale(size / PAD_SIZE, size / PAD_SIZE);
  context.strokeStyle = context.fillStyle = getComputedStyle(canvas).color;

  /** From a place of the image, in pixels from its corner, to the sheet. */
  const onPad = (/** @type {number} */ y, /** @type {number} */ x) => [frame.x + x * frame.cell, frame.y + y * frame.cell];
  // Pixel 0 has its middle at a half.
  const seen = (/** @type {number} */ y, /** @type {number} */ x) => {
    const [row, column] = upright ? originOf(moments, y - 0.5, x - 0.5) : [y - 0.5, x - 0.5];
    return onPad(row + 0.5, column + 0.5);
  };

  const { left, top, right, bottom } = frame.box;
  context.lineWidth = 1;
  context.setLineDash([2, 4]);
  polygon([[left, top], [right, top], [right, bottom], [left, bottom]]);
  context.setLineDash([]);
  context.lineWidth = 1.5;
  polygon([seen(0, 0), seen(0, GRID), seen(GRID, GRID), seen(GRID, 0)]);
  // The line that was set upright, through the center of mass.
  context.globalAlpha = 0.5;
  polygon([seen(GRID / 2 - BOX / 2, GRID / 2), seen(GRID / 2 + BOX / 2, GRID / 2)]);
  context.globalAlpha = 1;
  const [x, y] = onPad(moments.row + 0.5, moments.column + 0.5);
  context.beginPath();
  context.arc(x, y, 3.5, 0, 2 * Math.PI);
  context.fill();
}

/** @param {number[][]} corners */
function polygon(corners) {
  context.beginPath();
  for (const [x, y] of corners) context.lineTo(x, y);
  context.closePath();
  context.stroke();
}
