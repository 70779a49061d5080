// Drawings as files: JSON lines of strokes, which `inknet train --drawings` learns from, and IDX, MNIST's own format.

import { classNames } from "./classes.js";
import { GRID, inkStrokes } from "./ink.js";

/** @typedef {import("./store.js").Kept} Kept */

const MOST_POINTS = 100_000;

/** The message is a sentence for the page. */
export class FileError extends Error {}

/** @param {Kept[]} drawings */
export function toJsonLines(drawings) {
  const line = (/** @type {Kept} */ { strokes, label, answer, time }) => JSON.stringify({ strokes, label, answer, time });
  return drawings.map((drawing) => `${line(drawing)}\n`).join("");
}

/**
 * @param {string} text
 * @returns {Kept[]}
 * @throws {FileError} With a sentence that names the line, when one is no drawing.
 */
export function fromJsonLines(text) {
  return text.split(/\r?\n/).flatMap((line, at) => {
    if (line.trim() === "") return [];
    try {
      return [drawingOf(JSON.parse(line))];
    } catch {
      throw new FileError(`Line ${at + 1} of the file is no drawing; nothing was imported.`);
    }
  });
}

/**
 * MNIST's image file: a header of four big-endian numbers, then 784 bytes a drawing.
 *
 * @param {Kept[]} drawings
 */
export function toIdxImages(drawings) {
  const images = drawings.map(({ strokes }) => inkStrokes(strokes));
  return idx([drawings.length, GRID, GRID], images.flatMap((image) => [...image]));
}

/**
 * MNIST's label file. Where nobody has said what it was, it is what the network read.
 *
 * @param {Kept[]} drawings
 */
export function toIdxLabels(drawings) {
  return idx([drawings.length], drawings.map(({ label, answer }) => label ?? answer));
}

/**
 * @param {number[]} shape
 * @param {number[]} bytes
 */
function idx(shape, bytes) {
  const UNSIGNED_BYTES = 8;
  const file = new Uint8Array(4 + 4 * shape.length + bytes.length);
  const view = new DataView(file.buffer);
  file.set([0, 0, UNSIGNED_BYTES, shape.length]);
  shape.forEach((size, at) => view.setUint32(4 + 4 * at, size));
  file.set(bytes, 4 + 4 * shape.length);
  return file;
}

/**
 * @param {any} value  From a file: anything.
 * @returns {Kept}
 */
function drawingOf({ strokes, label = null, answer = label, time }) {
  const isClass = (/** @type {unknown} */ index) =>
    Number.isInteger(index) && Number(index) >= 0 && Number(index) < classNames().length;
  const isPoint = (/** @type {unknown} */ point) =>
    Array.isArray(point) && point.length === 2 && point.every((value) => Number.isFinite(value) && Math.abs(value) < 1e6);
  const isStroke = (/** @type {unknown} */ stroke) => Array.isArray(stroke) && stroke.length > 0 && stroke.every(isPoint);
  const whole =
    Array.isArray(strokes) &&
    strokes.length > 0 &&
    strokes.every(isStroke) &&
    strokes.flat().length <= MOST_POINTS &&
    (label === null || isClass(label)) &&
    isClass(answer);
  if (!whole) throw new TypeError("no drawing");
  return { strokes, label, answer, time: typeof time === "string" ? time : new Date().toISOString() };
}
