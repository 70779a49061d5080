// Small pictures of 28 × 28 pixels: ink, weights, and what else there is one of for each pixel.

import { GRID } from "./ink.js";
import { encodePng } from "./png.js";

/** What has been painted, for when the colors change; nothing is kept that the page has dropped. @type {WeakMap<Element, () => void>} */
const painted = new WeakMap();

/** The files of what has been printed in these colors: nodes' weights are shown again at every move of the pen. @type {WeakMap<ArrayLike<number>, string>} */
let files = new WeakMap();

/** Red, green and blue for what is above zero, and for what is below. @type {{ above: number[], below: number[] } | null} */
let colors = null;

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colors = null;
  files = new WeakMap();
  for (const picture of document.querySelectorAll("canvas, img")) painted.get(picture)?.();
});

/**
 * Paints one value a pixel, the larger, the stronger, on a canvas: for what follows the pen.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number> | null} values  Null: nothing.
 * @param {number} [largest]  Painted full; else few values are larger than that.
 */
export function paint(canvas, values, largest) {
  keep(canvas, () => {
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.clearRect(0, 0, GRID, GRID);
    if (values) context.putImageData(new ImageData(pixelsOf(values, largest), GRID, GRID), 0, 0);
  });
}

/**
 * The same for what stays as it is: an image. Each canvas is a layer of the page, of which a browser puts together all
 * anew at every move of the pen; of images there may be hundreds.
 *
 * @param {HTMLImageElement} image
 * @param {ArrayLike<number>} values  They stay as they are, and are always printed with the same `largest`.
 * @param {number} [largest]
 */
export function print(image, values, largest) {
  keep(image, () => {
    const file = files.get(values) ?? fileOf(pixelsOf(values, largest));
    files.set(values, file);
    image.src = file;
  });
}

/**
 * @param {Uint8ClampedArray} pixels
 * @returns The address of a PNG that is in the address itself.
 */
function fileOf(pixels) {
  return `data:image/png;base64,${btoa(String.fromCharCode(...encodePng(pixels, GRID, GRID)))}`;
}

/**
 * A canvas to paint on.
 *
 * @param {string} label  What it shows.
 */
export function canvasOf(label) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = GRID;
  canvas.className = "picture";
  canvas.role = "img";
  canvas.ariaLabel = label;
  return canvas;
}

/**
 * An image to print on.
 *
 * @param {string} [label]  What it shows; empty where words beside it tell.
 */
export function imageOf(label = "") {
  const image = document.createElement("img");
  image.alt = label;
  return image;
}

/**
 * @param {string} label  What it shows; empty where words beside it tell.
 * @param {ArrayLike<number>} values
 * @param {number} [largest]
 */
export function pictureOf(label, values, largest) {
  const image = imageOf(label);
  image.className = "picture";
  print(image, values, largest);
  return image;
}

/**
 * @param {Element} picture
 * @param {() => void} now  Paints it.
 */
function keep(picture, now) {
  painted.set(picture, now);
  now();
}

/**
 * @param {ArrayLike<number>} values
 * @param {number} [largest]
 * @returns Red, green, blue and alpha for each value.
 */
function pixelsOf(values, largest) {
  const { above, below } = (colors ??= currentColors());
  const most = largest ?? strong(values);
  const pixels = new Uint8ClampedArray(4 * GRID * GRID);
  for (let i = 0; i < values.length; i++) {
    pixels.set(values[i] < 0 ? below : above, 4 * i);
    pixels[4 * i + 3] = most > 0 ? Math.min(255, Math.round((255 * Math.abs(values[i])) / most)) : 0;
  }
  return pixels;
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

function currentColors() {
  const style = getComputedStyle(document.documentElement);
  const of = (/** @type {string} */ name) => style.getPropertyValue(name).trim().split(/\s+/).map(Number);
  return { above: of("--above"), below: of("--below") };
}
