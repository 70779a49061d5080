// Real handwriting for the ten digit buttons: hands.json holds a dozen people's pen strokes for each digit.

/** @typedef {import("./ink.js").Stroke} Stroke */
/** @typedef {{ writer: string, strokes: Stroke[] }} Hand  In a box whose longer side is 1000. */

const TIMEOUT = 10_000; // milliseconds
const SHARE_OF_PAD = 0.7;
/** How many points' time the pen spends in the air between two strokes. */
const PEN_UP = 4;

export class Hands {
  #digits;
  /** The hands not yet seen, for each digit. @type {Hand[][]} */
  #unseen;

  /** @param {Hand[][]} digits  The hands of each digit. */
  constructor(digits) {
    this.#digits = digits;
    this.#unseen = digits.map(() => []);
  }

  static async load() {
    const response = await fetch("./hands.json", { signal: AbortSignal.timeout(TIMEOUT) });
    if (!response.ok) throw new Error(`hands.json is not there: status ${response.status}.`);
    return new Hands((await response.json()).digits);
  }

  /** Everybody's digits. */
  get all() {
    return this.#digits.flatMap((hands, digit) => hands.map(({ strokes }) => ({ digit, strokes })));
  }

  /**
   * This digit as another person writes it each time, in the middle of the pad.
   *
   * @param {number} digit
   * @param {number} size  The pad's width and height.
   * @returns {Stroke[]}
   */
  next(digit, size) {
    if (this.#unseen[digit].length === 0) this.#unseen[digit] = shuffle(this.#digits[digit]);
    return placeOnPad(/** @type {Hand} */ (this.#unseen[digit].pop()).strokes, size);
  }
}

/**
 * What of the strokes has been written when this part of the time has passed. A tablet notes a pen's place at a fixed
 * rate, so a hand that slows down before a turn does so here, too.
 *
 * @param {Stroke[]} strokes
 * @param {number} part  From 0 to 1.
 * @returns {Stroke[]}
 */
export function partOf(strokes, part) {
  const pauses = PEN_UP * (strokes.length - 1);
  let points = Math.ceil(part * (strokes.flat().length + pauses));
  const written = [];
  for (const stroke of strokes) {
    if (points <= 0) break;
    written.push(stroke.slice(0, points));
    points -= stroke.length + PEN_UP;
  }
  return written;
}

/**
 * In the middle of the pad, and as large as a hand writes.
 *
 * @param {Stroke[]} strokes
 * @param {number} size
 * @returns {Stroke[]}
 */
export function placeOnPad(strokes, size) {
  const { left, top, right, bottom } = bounds(strokes);
  const scale = (SHARE_OF_PAD * size) / (Math.max(right - left, bottom - top) || size);
  const place = (/** @type {number} */ value, /** @type {number} */ low, /** @type {number} */ high) =>
    size / 2 + (value - (low + high) / 2) * scale;
  return strokes.map((stroke) => stroke.map(([x, y]) => [place(x, left, right), place(y, top, bottom)]));
}

/**
 * Strokes that come from elsewhere may lie off the pad, or be too small to be seen: then they are placed on it.
 *
 * @param {Stroke[]} strokes
 * @param {number} size
 * @returns {Stroke[]}
 */
export function bringOntoPad(strokes, size) {
  const { left, top, right, bottom } = bounds(strokes);
  const inside = left >= 0 && top >= 0 && right <= size && bottom <= size;
  // A dot has no size, wherever it comes from.
  const longer = Math.max(right - left, bottom - top);
  return inside && (longer === 0 || longer >= size / 10) ? strokes : placeOnPad(strokes, size);
}

/** @param {Stroke[]} strokes */
function bounds(strokes) {
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
 * A copy in random order (Fisher and Yates).
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
