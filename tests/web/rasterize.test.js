// Hand-worked cases of web/recognition/rasterize.js. The plane is 280 wide, a cell 10, the pen 26, the box 200.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inkStrokes } from "../../web/recognition/rasterize.js";

/** @param {Uint8Array} image */
const rowsOf = (image) => Array.from({ length: 28 }, (_, y) => [...image.subarray(y * 28, (y + 1) * 28)]);
/** @param {Uint8Array} image */
const sum = (image) => image.reduce((total, ink) => total + ink, 0);

test("a dot is a disc of the pen's area near the middle", () => {
  const image = inkStrokes([[[5, 7]]]);
  // The disc fills the plane from 0 to 26, its mass at index 12.5: floor((144.5 - 12.5) / 10 + 0.5) = 13 cells to go.
  const rows = rowsOf(image);
  rows.forEach((row, y) => row.forEach((ink, x) => assert.ok(ink === 0 || (y >= 13 && y <= 15 && x >= 13 && x <= 15))));
  // The cell from 10 to 20: its farthest pixel is at (19.5, 19.5), 9.2 from the disc's middle at (13, 13), so all ink.
  assert.equal(rows[14][14], 255);
  assert.equal(rows[13][14], rows[14][13], "the disc is symmetric");
  const area = (Math.PI * 13 * 13) / 100; // cells
  assert.ok(Math.abs(sum(image) / 255 - area) < 0.02 * area);
});

test("a horizontal line is two cells and six tenths of a cell high, and twenty long", () => {
  const rows = rowsOf(inkStrokes([[[0, 3], [50, 3]]]));
  // 200 × 26 of ink. Across: mass at 99.5, so floor(4.5 + 0.5) = 5 cells to go: columns 5 to 24.
  // Down: 13 cells, so rows 13 and 14 are full and row 15 has six of its ten lines: 0.6 × 255 = 153.
  // The pen's round ends leave their mark on the first and last two columns only.
  const middle = Array.from({ length: 16 });
  assert.deepEqual(rows[13].slice(7, 23), middle.fill(255));
  assert.deepEqual(rows[14].slice(7, 23), middle.fill(255));
  assert.deepEqual(rows[15].slice(7, 23), middle.fill(153));
  rows.forEach((row, y) =>
    row.forEach((ink, x) => assert.equal(ink > 0, y >= 13 && y <= 15 && x >= 5 && x <= 24, `row ${y}, column ${x}`)),
  );
});

test("position and size in the drawing area make no difference: the pen does not grow with the drawing", () => {
  const strokes = [[[10, 10], [40, 10], [20, 60]], [[12, 30], [44, 32]]];
  const moved = strokes.map((stroke) => stroke.map(([x, y]) => [x * 8 - 1000, y * 8 + 300]));
  assert.deepEqual(inkStrokes(moved), inkStrokes(strokes));
});

test("repeated points and the order of strokes make no difference", () => {
  const [a, b] = [[[0, 0], [30, 40], [60, 0]], [[10, 20], [50, 20]]];
  const stuttered = a.flatMap((point) => [point, point, point]);
  assert.deepEqual(inkStrokes([b, stuttered]), inkStrokes([a, b]));
});

test("centering by mass does not push ink over the edge", () => {
  const blot = Array.from({ length: 30 }, (_, i) => [(i % 2) * 20, i * 5]);
  const tail = [[20, 45], [150, 45]];
  const image = inkStrokes([blot, tail]);
  const rows = rowsOf(image);
  // Wholly inside: the box ends at the last column, eight cells to the right at most, and starts no further left.
  assert.ok(rows.every((row) => row.slice(0, 8).every((ink) => ink === 0)));
  assert.ok(rows.some((row) => row[27] > 0));
  const mirrored = inkStrokes([blot, tail].map((stroke) => stroke.map(([x, y]) => [-x, y])));
  assert.ok(Math.abs(sum(mirrored) - sum(image)) < 0.002 * sum(image));
  assert.ok(rowsOf(mirrored).some((row) => row[0] > 0));
});

test("a drawing of a hundred thousand points is inked", () => {
  const spiral = Array.from({ length: 100_000 }, (_, i) => [Math.sin(i / 3000) * i, Math.cos(i / 3000) * i]);
  assert.ok(sum(inkStrokes([spiral])) > 0);
});
