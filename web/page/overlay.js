// The overlay on the drawing area: how the drawing is cropped, scaled, centered and straightened for the network.

import { momentsOf, originOf } from "../recognition/moments.js";
import { GRID } from "../recognition/rasterize.js";
import { AREA_SIZE } from "./drawing-area.js";
import { find } from "./elements.js";

/** The side of the square that a drawing is fitted into, of the image's 28 pixels. */
const BOX = 20;

const canvas = find("#overlay", HTMLCanvasElement);
const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
const checkbox = find("#show-overlay", HTMLInputElement);

/** @typedef {import("../recognition/rasterize.js").Frame} Frame */
/** @type {{ image: Uint8Array, frame: Frame, upright: boolean } | null} */
let shown = null;

checkbox.addEventListener("change", paintOverlay);
window.addEventListener("resize", paintOverlay);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paintOverlay);

/**
 * @param {{ image: Uint8Array, frame: Frame } | null} inked  Null if there is no drawing.
 * @param {boolean} upright  Whether the network's digits are straightened.
 */
export function showOverlay(inked, upright) {
  shown = inked && { ...inked, upright };
  paintOverlay();
}

function paintOverlay() {
  const size = Math.round(canvas.clientWidth * window.devicePixelRatio);
  canvas.width = canvas.height = size; // Setting it also clears the canvas.
  if (!shown || !checkbox.checked) return;
  const { image, frame, upright } = shown;
  const moments = momentsOf(Float64Array.from(image, (ink) => ink / 255));
  context.scale(size / AREA_SIZE, size / AREA_SIZE);
  context.strokeStyle = context.fillStyle = getComputedStyle(canvas).color;

  /** Maps a position in the image, in pixels from its corner, to the drawing area. */
  const toArea = (/** @type {number} */ y, /** @type {number} */ x) => [frame.x + x * frame.cell, frame.y + y * frame.cell];
  /** The same for the image that the network receives. The center of pixel 0 is at 0.5. */
  const fromInput = (/** @type {number} */ y, /** @type {number} */ x) => {
    const [row, column] = upright ? originOf(moments, y - 0.5, x - 0.5) : [y - 0.5, x - 0.5];
    return toArea(row + 0.5, column + 0.5);
  };

  const { left, top, right, bottom } = frame.box;
  context.lineWidth = 1;
  context.setLineDash([2, 4]);
  paintPolygon([[left, top], [right, top], [right, bottom], [left, bottom]]);
  context.setLineDash([]);
  context.lineWidth = 1.5;
  paintPolygon([fromInput(0, 0), fromInput(0, GRID), fromInput(GRID, GRID), fromInput(GRID, 0)]);
  // The axis that is set upright, through the center of mass.
  context.globalAlpha = 0.5;
  paintPolygon([fromInput(GRID / 2 - BOX / 2, GRID / 2), fromInput(GRID / 2 + BOX / 2, GRID / 2)]);
  context.globalAlpha = 1;
  const [x, y] = toArea(moments.row + 0.5, moments.column + 0.5);
  context.beginPath();
  context.arc(x, y, 3.5, 0, 2 * Math.PI);
  context.fill();
}

/** @param {number[][]} corners */
function paintPolygon(corners) {
  context.beginPath();
  for (const [x, y] of corners) context.lineTo(x, y);
  context.closePath();
  context.stroke();
}
