// Moment normalization, as in inknet/digits/normalizing/moments.py: what sets a digit upright and brings it to one height.

import { GRID } from "./ink.js";

/**
 * @typedef {object} Moments
 * @property {number} row  The center of mass, in pixels.
 * @property {number} column
 * @property {number} slant  Columns a row.
 * @property {number} tall  How many pixels of the image become one, down.
 * @property {number} wide  The same, across.
 */

const MIDDLE = (GRID - 1) / 2;
/** The spread of ink that digits are brought to, in pixels. */
const TALL = 5.8;
const WIDE = 4.2;
const WIDTH_POWER = 0.75;
const TINY = 1e-6;

/**
 * @param {Float64Array} image  784 shares of ink.
 * @returns {Moments}
 */
export function momentsOf(image) {
  let mass = 0;
  let row = 0;
  let column = 0;
  each(image, (ink, y, x) => {
    mass += ink;
    row += ink * y;
    column += ink * x;
  });
  mass = Math.max(mass, TINY);
  row /= mass;
  column /= mass;
  let rows = 0;
  let columns = 0;
  let both = 0;
  each(image, (ink, y, x) => {
    rows += (ink * (y - row) ** 2) / mass;
    columns += (ink * (x - column) ** 2) / mass;
    both += (ink * (y - row) * (x - column)) / mass;
  });
  rows = Math.max(rows, TINY);
  const slant = clip(both / rows, -1, 1);
  const upright = Math.max(columns + slant * (slant * rows - 2 * both), TINY);
  return {
    row,
    column,
    slant,
    tall: clip(Math.sqrt(rows) / TALL, 0.6, 1.5),
    wide: clip((Math.sqrt(upright) / WIDE) ** WIDTH_POWER, 0.4, 1.6),
  };
}

/**
 * Where in the image a place of the normalized image comes from.
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
 * @param {Float64Array} image  784 shares of ink.
 * @returns {Float64Array}
 */
export function momentNormalize(image) {
  const moments = momentsOf(image);
  return image.map((_, i) => between(image, ...originOf(moments, Math.floor(i / GRID), i % GRID)));
}

/**
 * The ink between four pixels, by their distances; outside there is paper.
 *
 * @param {Float64Array} image
 * @param {number} y
 * @param {number} x
 */
function between(image, y, x) {
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
function each(image, visit) {
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
