// What the console shows for every Send: the image, as a picture and as its numbers, and the service's answer.

import { GRID } from "./ink.js";

// From paper to ink. Twice as many characters across as down, since a character is twice as high as it is wide.
const SHADES = ["  ", "░░", "▒▒", "▓▓", "██"];

/** @param {Uint8Array} image */
export function logImage(image) {
  const rows = Array.from({ length: GRID }, (_, y) => [...image.subarray(y * GRID, (y + 1) * GRID)]);
  const picture = rows.map((row) => row.map((ink) => SHADES[Math.ceil((ink / 255) * (SHADES.length - 1))]).join(""));
  const numbers = rows.map((row) => row.map((ink) => String(ink).padStart(3)).join(" "));
  console.log(`The image sent, ${GRID}×${GRID}:\n${picture.join("\n")}`);
  console.log(`Its numbers, 0 for paper to 255 for ink:\n${numbers.join("\n")}`);
}

/** @param {import("./service.js").Answer} answer */
export function logAnswer(answer) {
  console.log(`The answer: ${JSON.stringify(answer)}`);
}
