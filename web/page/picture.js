// Pictures of 28 × 28 values: ink, weights, or anything else with one value per pixel.

import { encodePng } from "../recognition/png.js";
import { GRID } from "../recognition/rasterize.js";
import { create } from "./elements.js";

/** Repaints each picture when the colors change; a weak map, so that removed pictures can go. @type {WeakMap<Element, () => void>} */
const repaints = new WeakMap();

/** The URLs of printed values: the weights of nodes are shown again at every move of the pen. @type {WeakMap<ArrayLike<number>, string>} */
let urls = new WeakMap();

/** Red, green and blue of positive and of negative values. @type {{ positive: number[], negative: number[] } | null} */
let colors = null;

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colors = null;
  urls = new WeakMap();
  for (const picture of document.querySelectorAll("canvas, img")) repaints.get(picture)?.();
});

/**
 * Paints one value per pixel on a canvas; larger values are more opaque. For pictures that follow the pen.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number> | null} values  Null clears the canvas.
 * @param {number} [max]  The value of full opacity; by default one that few values exceed.
 */
export function paint(canvas, values, max) {
  paintNowAndLater(canvas, () => {
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.clearRect(0, 0, GRID, GRID);
    if (values) context.putImageData(new ImageData(pixelsOf(values, max), GRID, GRID), 0, 0);
  });
}

/**
 * Like `paint`, in an `<img>`, for pictures that do not change. Each canvas is a compositing layer, and the browser
 * composes all layers anew at every move of the pen; there may be hundreds of these pictures.
 *
 * @param {HTMLImageElement} image
 * @param {ArrayLike<number>} values  Must not change, and must always be printed with the same `max`.
 * @param {number} [max]
 */
export function print(image, values, max) {
  paintNowAndLater(image, () => {
    const url = urls.get(values) ?? dataUrlOf(pixelsOf(values, max));
    urls.set(values, url);
    image.src = url;
  });
}

/** @param {Uint8ClampedArray} pixels */
function dataUrlOf(pixels) {
  return `data:image/png;base64,${btoa(String.fromCharCode(...encodePng(pixels, GRID, GRID)))}`;
}

/**
 * Creates a canvas to paint on.
 *
 * @param {string} label
 */
export function canvasOf(label) {
  return create("canvas", { width: GRID, height: GRID, className: "picture", role: "img", ariaLabel: label });
}

/**
 * Creates an image of values.
 *
 * @param {string} label  Empty if the text beside it says the same.
 * @param {ArrayLike<number>} values
 * @param {number} [max]
 */
export function pictureOf(label, values, max) {
  const image = create("img", { alt: label, className: "picture" });
  print(image, values, max);
  return image;
}

/**
 * @param {Element} picture
 * @param {() => void} repaint
 */
function paintNowAndLater(picture, repaint) {
  repaints.set(picture, repaint);
  repaint();
}

/**
 * @param {ArrayLike<number>} values
 * @param {number} [max]
 * @returns Red, green, blue and alpha of each value.
 */
function pixelsOf(values, max) {
  const { positive, negative } = (colors ??= currentColors());
  const full = max ?? highQuantile(values);
  const pixels = new Uint8ClampedArray(4 * GRID * GRID);
  for (let i = 0; i < values.length; i++) {
    pixels.set(values[i] < 0 ? negative : positive, 4 * i);
    pixels[4 * i + 3] = full > 0 ? Math.min(255, Math.round((255 * Math.abs(values[i])) / full)) : 0;
  }
  return pixels;
}

/**
 * The 98 % quantile of the magnitudes: one large weight must not make all others pale.
 *
 * @param {ArrayLike<number>} values
 */
function highQuantile(values) {
  const magnitudes = Float64Array.from(values, Math.abs).sort();
  return magnitudes[Math.floor(0.98 * magnitudes.length)] || magnitudes[magnitudes.length - 1];
}

function currentColors() {
  const style = getComputedStyle(document.documentElement);
  const colorOf = (/** @type {string} */ name) => style.getPropertyValue(name).trim().split(/\s+/).map(Number);
  return { positive: colorOf("--positive"), negative: colorOf("--negative") };
}
