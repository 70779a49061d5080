// From pen strokes to the 784 bytes that the network reads. Uses no canvas, only IEEE double + − × ÷ sqrt, min, max and
// floor in a fixed order, so that equal strokes give equal bytes in every browser, on every screen, and in the Python
// twin inknet/digits/drawing/rasterize.py.

/** @typedef {[x: number, y: number]} Point  In any unit, y downward. */
/** @typedef {Point[]} Stroke  From pen-down to pen-up. */

/** The image has GRID × GRID pixels, each the mean of CELL × CELL pixels of the plane that the pen inks. */
export const GRID = 28;
const CELL = 10;
const SIZE = GRID * CELL;
/** The longer side of the inked box: MNIST's digits fit into 20 × 20 of the 28 × 28 pixels. */
const BOX = 20 * CELL;
const RADIUS = 13;
const PEN = 2 * RADIUS;
/** MNIST's center of mass is the middle of the image, which in pixel indices is half a pixel less. */
const CENTER = 14.5 * CELL - 0.5;

/**
 * The position of the image on the drawing, in the drawing's units.
 *
 * @typedef {object} Frame
 * @property {number} x  The corner of the first pixel.
 * @property {number} y
 * @property {number} cell  The width of a pixel.
 * @property {{ left: number, top: number, right: number, bottom: number }} box  The bounding box of the ink.
 */

/**
 * Inks a drawing as MNIST has its digits: fitted into 20 × 20 pixels, the center of mass in the middle of 28 × 28.
 *
 * The points are scaled rather than the picture, so that the pen is equally wide in small and large drawings.
 *
 * @param {readonly Stroke[]} strokes  At least one point in all.
 * @returns {Uint8Array} 784 bytes, row by row: 0 is paper, 255 is ink.
 */
export function inkStrokes(strokes) {
  return inkDrawing(strokes).image;
}

/**
 * Like `inkStrokes`, and returns the position of the image on the drawing too.
 *
 * @param {readonly Stroke[]} strokes  At least one point in all.
 * @returns {{ image: Uint8Array, frame: Frame }}
 */
export function inkDrawing(strokes) {
  const { fitted, left, top, scale } = fit(strokes);
  const plane = new Uint8Array(SIZE * SIZE);
  for (const stroke of fitted) {
    // A single point is a segment from itself to itself: a dot.
    for (let i = stroke.length > 1 ? 1 : 0; i < stroke.length; i++) {
      inkSegment(plane, stroke[Math.max(i - 1, 0)], stroke[i]);
    }
  }
  const points = fitted.flat();
  const [massX, massY] = centerOfMass(plane);
  const width = extent(points.map(([x]) => x));
  const height = extent(points.map(([, y]) => y));
  const shiftX = shiftToCenter(massX, width);
  const shiftY = shiftToCenter(massY, height);
  return { image: meanCells(plane, shiftX, shiftY), frame: frameOf() };

  function frameOf() {
    const unit = scale > 0 ? scale : 1;
    const box = { left: left - RADIUS / unit, top: top - RADIUS / unit };
    return {
      x: box.left - (shiftX * CELL) / unit,
      y: box.top - (shiftY * CELL) / unit,
      cell: CELL / unit,
      box: { ...box, right: box.left + width / unit, bottom: box.top + height / unit },
    };
  }
}

/**
 * Scales the drawing so that its ink fills the box at the plane's top left, rounds to sixteenths of a plane pixel (exact
 * in doubles), and drops repeated points.
 *
 * @param {readonly Stroke[]} strokes
 * @returns {{ fitted: Stroke[], left: number, top: number, scale: number }}
 */
function fit(strokes) {
  const points = strokes.flat();
  const left = least(points.map(([x]) => x));
  const top = least(points.map(([, y]) => y));
  const span = Math.max(most(points.map(([x]) => x)) - left, most(points.map(([, y]) => y)) - top);
  const scale = span > 0 ? (BOX - PEN) / span : 0;
  const fitted = strokes.map((stroke) =>
    stroke
      .map(([x, y]) => /** @type {Point} */ ([toPlane(x, left, scale), toPlane(y, top, scale)]))
      .filter(([x, y], i, all) => i === 0 || x !== all[i - 1][0] || y !== all[i - 1][1]),
  );
  return { fitted, left, top, scale };
}

/**
 * @param {number} value
 * @param {number} origin
 * @param {number} scale
 */
function toPlane(value, origin, scale) {
  return Math.floor((value - origin) * scale * 16 + 0.5) / 16 + RADIUS;
}

/**
 * Inks the area that a round pen covers between a and b. The ink of a pixel is its coverage, anti-aliased over one pixel
 * at the rim; where segments overlap, the larger value stays.
 *
 * @param {Uint8Array} plane
 * @param {Point} a
 * @param {Point} b
 */
function inkSegment(plane, [ax, ay], [bx, by]) {
  const dx = bx - ax;
  const dy = by - ay;
  const length2 = dx * dx + dy * dy;
  const reach = RADIUS + 1;
  const left = Math.max(0, Math.floor(Math.min(ax, bx) - reach));
  const right = Math.min(SIZE - 1, Math.floor(Math.max(ax, bx) + reach));
  const top = Math.max(0, Math.floor(Math.min(ay, by) - reach));
  const bottom = Math.min(SIZE - 1, Math.floor(Math.max(ay, by) + reach));
  for (let y = top; y <= bottom; y++) {
    const cy = y + 0.5;
    for (let x = left; x <= right; x++) {
      if (plane[y * SIZE + x] === 255) continue; // Most pixels of a long stroke are full already.
      const cx = x + 0.5;
      const along = length2 > 0 ? ((cx - ax) * dx + (cy - ay) * dy) / length2 : 0;
      const t = Math.min(1, Math.max(0, along));
      const ex = ax + t * dx - cx;
      const ey = ay + t * dy - cy;
      const distance = Math.sqrt(ex * ex + ey * ey);
      const coverage = Math.min(1, Math.max(0, RADIUS + 0.5 - distance));
      const value = Math.floor(coverage * 255 + 0.5);
      if (value > plane[y * SIZE + x]) plane[y * SIZE + x] = value;
    }
  }
}

/**
 * @param {Uint8Array} plane
 * @returns {Point} In pixel indices. The sums are integers, so only the two divisions round.
 */
function centerOfMass(plane) {
  let mass = 0;
  let momentX = 0;
  let momentY = 0;
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const value = plane[y * SIZE + x];
      mass += value;
      momentX += value * x;
      momentY += value * y;
    }
  }
  return [momentX / mass, momentY / mass];
}

/**
 * The size of the inked box along one axis.
 *
 * @param {number[]} coordinates
 */
function extent(coordinates) {
  return most(coordinates) + RADIUS;
}

/**
 * How many cells bring the center of mass to the middle without pushing the inked box over the edge.
 *
 * @param {number} mass
 * @param {number} length
 */
function shiftToCenter(mass, length) {
  const wanted = Math.floor((CENTER - mass) / CELL + 0.5);
  return Math.min(Math.max(wanted, 0), Math.floor((SIZE - length) / CELL));
}

/**
 * @param {Uint8Array} plane
 * @param {number} shiftX  In cells.
 * @param {number} shiftY  In cells.
 */
function meanCells(plane, shiftX, shiftY) {
  const sums = new Uint32Array(GRID * GRID);
  for (let y = 0; y < SIZE - shiftY * CELL; y++) {
    const row = Math.floor(y / CELL) + shiftY;
    for (let x = 0; x < SIZE - shiftX * CELL; x++) {
      sums[row * GRID + Math.floor(x / CELL) + shiftX] += plane[y * SIZE + x];
    }
  }
  return Uint8Array.from(sums, (sum) => Math.floor(sum / (CELL * CELL) + 0.5));
}

// Math.min(...values) would overflow the call stack on a drawing of many thousand points.

/** @param {number[]} values */
function least(values) {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

/** @param {number[]} values */
function most(values) {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}
