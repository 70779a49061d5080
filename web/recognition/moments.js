// Moment normalization, the twin of inknet/digits/normalizing/moments.py: removes slant and scales digits to one size.

import { GRID } from "./rasterize.js";

/**
 * @typedef {object} Moments
 * @property {number} row  The center of mass, in pixels.
 * @property {number} column
 * @property {number} slant  In columns per row.
 * @property {number} tall  How many rows of the image become one.
 * @property {number} wide  How many columns of the image become one.
 */

const MIDDLE = (GRID - 1) / 2;
/** The standard deviation of ink after normalization, in pixels. */
const TALL = 5.8;
const WIDE = 4.2;
const WIDTH_POWER = 0.75;
const TINY = 1e-6;

/**
 * @param {Float64Array} image  784 values from 0 for paper to 1 for ink.
 * @returns {Moments}
 */
export function momentsOf(image) {
  let mass = 0;
  let row = 0;
  let column = 0;
  forEachInk(image, (ink, y, x) => {
    mass += ink;
    row += ink * y;
    column += ink * x;
  });
  mass = Math.max(mass, TINY);
  row /= mass;
  column /= mass;
  let rowVariance = 0;
  let columnVariance = 0;
  let covariance = 0;
  forEachInk(image, (ink, y, x) => {
    rowVariance += (ink * (y - row) ** 2) / mass;
    columnVariance += (ink * (x - column) ** 2) / mass;
    covariance += (ink * (y - row) * (x - column)) / mass;
  });
  rowVariance = Math.max(rowVariance, TINY);
  const slant = clip(covariance / rowVariance, -1, 1);
  const uprightVariance = Math.max(columnVariance + slant * (slant * rowVariance - 2 * covariance), TINY);
  return {
    row,
    column,
    slant,
    tall: clip(Math.sqrt(rowVariance) / TALL, 0.6, 1.5),
    wide: clip((Math.sqrt(uprightVariance) / WIDE) ** WIDTH_POWER, 0.4, 1.6),
  };
}

/**
 * Maps a position in the normalized image to its position in the original.
 *
 * @param {Moments} moments
 * @param {number} y
 * @param {number} x
 * @returns {[y: number, x: number]}
 */
export function originOf({ row, column, slant, tall, wide }, y, x) {
  const down = (y - MIDDLE) * tall;
  return [row + down, column + slant * down + (x - MIDDLE) * wide];
}

/**
 * @param {Float64Array} image  784 values from 0 for paper to 1 for ink.
 * @returns {Float64Array}
 */
export function momentNormalize(image) {
  const moments = momentsOf(image);
  return image.map((_, i) => interpolate(image, ...originOf(moments, Math.floor(i / GRID), i % GRID)));
}

/**
 * Bilinear interpolation; outside the image there is paper.
 *
 * @param {Float64Array} image
 * @param {number} y
 * @param {number} x
 */
function interpolate(image, y, x) {
  const top = Math.floor(y);
  const left = Math.floor(x);
  const at = (/** @type {number} */ r, /** @type {number} */ c) =>
    r >= 0 && r < GRID && c >= 0 && c < GRID ? image[r * GRID + c] : 0;
  const along = (/** @type {number} */ r) => at(r, left) + (x - left) * (at(r, left + 1) - at(r, left));
  return along(top) + (y - top) * (along(top + 1) - along(top));
}

/**
 * @param {Float64Array} image
 * @param {(ink: number, y: number, x: number) => void} visit
 */
function forEachInk(image, visit) {
  image.forEach((ink, i) => ink && visit(ink, Math.floor(i / GRID), i % GRID));
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function clip(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
