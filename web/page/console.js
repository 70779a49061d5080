// The console's log of every Send: the image, as a picture and as numbers, and the answer.

import { GRID } from "../recognition/rasterize.js";

/** From paper to ink. Each is two characters wide, because a character is about twice as high as it is wide. */
const SHADES = ["  ", "░░", "▒▒", "▓▓", "██"];

/** @param {Uint8Array} image */
export function logImage(image) {
  const rows = Array.from({ length: GRID }, (_, y) => [...image.subarray(y * GRID, (y + 1) * GRID)]);
  const picture = rows.map((row) => row.map((ink) => SHADES[Math.ceil((ink / 255) * (SHADES.length - 1))]).join(""));
  const numbers = rows.map((row) => row.map((ink) => String(ink).padStart(3)).join(" "));
  console.log(`The image sent, ${GRID}×${GRID}:\n${picture.join("\n")}`);
  console.log(`Its numbers, 0 for paper to 255 for ink:\n${numbers.join("\n")}`);
}

/** @param {import("../recognition/service.js").Answer} answer */
export function logAnswer(answer) {
  console.log(`The answer: ${JSON.stringify(answer)}`);
}
