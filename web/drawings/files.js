// Drawings as files: strokes as JSON lines, the format of `inknet train --drawings`, and images in MNIST's IDX format.

import { classNames } from "../recognition/classes.js";
import { GRID, inkStrokes } from "../recognition/rasterize.js";

/** @typedef {import("./store.js").Drawing} Drawing */

const MAX_POINTS = 100_000;

/** The message is a sentence for the page. */
export class FileError extends Error {}

/** @param {Drawing[]} drawings */
export function toJsonLines(drawings) {
  return drawings
    .map(({ strokes, label, answer, time }) => `${JSON.stringify({ strokes, label, answer, time })}\n`)
    .join("");
}

/**
 * @param {string} text
 * @returns {Drawing[]}
 * @throws {FileError} If a line is not a drawing; the message has its number.
 */
export function fromJsonLines(text) {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return [drawingOf(JSON.parse(line))];
    } catch {
      throw new FileError(`Line ${index + 1} of the file is not a drawing; nothing was imported.`);
    }
  });
}

/**
 * MNIST's image file: a header of four big-endian integers, then 784 bytes per drawing.
 *
 * @param {Drawing[]} drawings
 */
export function toIdxImages(drawings) {
  const images = drawings.map(({ strokes }) => inkStrokes(strokes));
  return idx([drawings.length, GRID, GRID], images.flatMap((image) => [...image]));
}

/**
 * MNIST's label file. Drawings without a label have the recognized class.
 *
 * @param {Drawing[]} drawings
 */
export function toIdxLabels(drawings) {
  return idx([drawings.length], drawings.map(({ label, answer }) => label ?? answer));
}

/**
 * @param {number[]} shape
 * @param {number[]} bytes
 */
function idx(shape, bytes) {
  const UNSIGNED_BYTE = 8;
  const file = new Uint8Array(4 + 4 * shape.length + bytes.length);
  const view = new DataView(file.buffer);
  file.set([0, 0, UNSIGNED_BYTE, shape.length]);
  shape.forEach((size, axis) => view.setUint32(4 + 4 * axis, size));
  file.set(bytes, 4 + 4 * shape.length);
  return file;
}

/**
 * @param {any} value  Unvalidated JSON.
 * @returns {Drawing}
 */
function drawingOf({ strokes, label = null, answer = label, time }) {
  const isClass = (/** @type {unknown} */ index) =>
    Number.isInteger(index) && Number(index) >= 0 && Number(index) < classNames().length;
  const isPoint = (/** @type {unknown} */ point) =>
    Array.isArray(point) && point.length === 2 && point.every((value) => Number.isFinite(value) && Math.abs(value) < 1e6);
  const isStroke = (/** @type {unknown} */ stroke) => Array.isArray(stroke) && stroke.length > 0 && stroke.every(isPoint);
  const isValid =
    Array.isArray(strokes) &&
    strokes.length > 0 &&
    strokes.every(isStroke) &&
    strokes.flat().length <= MAX_POINTS &&
    (label === null || isClass(label)) &&
    isClass(answer);
  if (!isValid) throw new TypeError("not a drawing");
  return { strokes, label, answer, time: typeof time === "string" ? time : new Date().toISOString() };
}
