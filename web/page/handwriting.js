// Real handwriting for the digit buttons: handwriting.json has the pen strokes of twelve writers for each digit.

/** @typedef {import("../recognition/rasterize.js").Stroke} Stroke */
/** @typedef {{ writer: string, strokes: Stroke[] }} Sample  In a box whose longer side is 1000. */

const TIMEOUT = 10_000; // milliseconds
const FRACTION_OF_AREA = 0.7;
/** The pause between two strokes, in points. */
const PAUSE = 4;

export class Handwriting {
  #digits;
  /** The samples of each digit that `next` has not returned yet. @type {Sample[][]} */
  #remaining;

  /** @param {Sample[][]} digits  The samples of each digit. */
  constructor(digits) {
    this.#digits = digits;
    this.#remaining = digits.map(() => []);
  }

  static async load() {
    const response = await fetch("./page/handwriting.json", { signal: AbortSignal.timeout(TIMEOUT) });
    if (!response.ok) throw new Error(`handwriting.json must load with status 200, got ${response.status}.`);
    return new Handwriting((await response.json()).digits);
  }

  get all() {
    return this.#digits.flatMap((samples, digit) => samples.map(({ strokes }) => ({ digit, strokes })));
  }

  /**
   * Returns this digit by another writer each time, centered in the drawing area.
   *
   * @param {number} digit
   * @param {number} size  The area's width and height.
   * @returns {Stroke[]}
   */
  next(digit, size) {
    if (this.#remaining[digit].length === 0) this.#remaining[digit] = shuffle(this.#digits[digit]);
    return centerInArea(/** @type {Sample} */ (this.#remaining[digit].pop()).strokes, size);
  }
}

/**
 * Returns the strokes written after a part of the time. A tablet samples the pen at a fixed rate, so the replay keeps
 * the rhythm of the writer.
 *
 * @param {Stroke[]} strokes
 * @param {number} part  From 0 to 1.
 * @returns {Stroke[]}
 */
export function beginningOf(strokes, part) {
  const pauses = PAUSE * (strokes.length - 1);
  let points = Math.ceil(part * (strokes.flat().length + pauses));
  const beginning = [];
  for (const stroke of strokes) {
    if (points <= 0) break;
    beginning.push(stroke.slice(0, points));
    points -= stroke.length + PAUSE;
  }
  return beginning;
}

/**
 * Centers the strokes in the drawing area, at the size of usual handwriting.
 *
 * @param {Stroke[]} strokes
 * @param {number} size
 * @returns {Stroke[]}
 */
export function centerInArea(strokes, size) {
  const { left, top, right, bottom } = boundingBox(strokes);
  const scale = (FRACTION_OF_AREA * size) / (Math.max(right - left, bottom - top) || size);
  const center = (/** @type {number} */ value, /** @type {number} */ low, /** @type {number} */ high) =>
    size / 2 + (value - (low + high) / 2) * scale;
  return strokes.map((stroke) => stroke.map(([x, y]) => [center(x, left, right), center(y, top, bottom)]));
}

/**
 * Centers strokes that lie outside the drawing area or are too small to be seen, as imported ones may be.
 *
 * @param {Stroke[]} strokes
 * @param {number} size
 * @returns {Stroke[]}
 */
export function bringIntoArea(strokes, size) {
  const { left, top, right, bottom } = boundingBox(strokes);
  const inside = left >= 0 && top >= 0 && right <= size && bottom <= size;
  // A dot has no size wherever it comes from.
  const longer = Math.max(right - left, bottom - top);
  return inside && (longer === 0 || longer >= size / 10) ? strokes : centerInArea(strokes, size);
}

/** @param {Stroke[]} strokes */
function boundingBox(strokes) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const [x, y] of strokes.flat()) {
    box.left = Math.min(box.left, x);
    box.top = Math.min(box.top, y);
    box.right = Math.max(box.right, x);
    box.bottom = Math.max(box.bottom, y);
  }
  return box;
}

/**
 * Returns a copy in random order (Fisher and Yates).
 *
 * @template T
 * @param {readonly T[]} items
 * @returns {T[]}
 */
function shuffle(items) {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
