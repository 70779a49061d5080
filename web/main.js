// Wires the page together: pad → ink → PNG → service → answer.

import { say, showAnswer } from "./answer.js";
import { Hands } from "./hands.js";
import { GRID, inkStrokes } from "./ink.js";
import { logAnswer, logImage } from "./log.js";
import { Pad, PAD_SIZE } from "./pad.js";
import { encodePng } from "./png.js";
import { showPreview } from "./preview.js";
import { predict, ServiceError } from "./service.js";
import { listenToKeys } from "./shortcuts.js";

const WRITING_TIME = 500; // milliseconds

const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#pad"));
const send = /** @type {HTMLButtonElement} */ (document.querySelector("#send"));
const clear = /** @type {HTMLButtonElement} */ (document.querySelector("#clear"));
const undo = /** @type {HTMLButtonElement} */ (document.querySelector("#undo"));
const redo = /** @type {HTMLButtonElement} */ (document.querySelector("#redo"));
const digitButtons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".digits button"));
const stillness = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Counts the drawings and what is sent of them: an answer to any but the newest comes too late to be shown. */
let newest = 0;

const pad = new Pad(canvas, () => {
  newest++;
  say(pad.strokes.length > 0 ? "Press Send when it is done." : "Draw a digit.");
  showPreview(null);
  undo.disabled = !pad.canUndo;
  redo.disabled = !pad.canRedo;
});

send.addEventListener("click", async () => {
  pad.finish();
  if (pad.strokes.length === 0) {
    say("There is nothing to send. Draw a digit first.", "trouble");
    return;
  }
  const turn = ++newest;
  const image = inkStrokes(pad.strokes);
  say("Reading…");
  showPreview(image);
  logImage(image);
  try {
    const answer = await predict(encodePng(image, GRID, GRID));
    logAnswer(answer);
    if (turn === newest) showAnswer(answer);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (turn === newest) say(error.message, "trouble");
  }
});

clear.addEventListener("click", () => pad.clear());
undo.addEventListener("click", () => pad.undo());
redo.addEventListener("click", () => pad.redo());
listenToKeys({
  send: () => send.click(),
  clear: () => pad.clear(),
  undo: () => pad.undo(),
  redo: () => pad.redo(),
  write: (digit) => digitButtons[digit].click(),
});

try {
  const hands = await Hands.load();
  digitButtons.forEach((button, digit) => {
    button.addEventListener("click", () => pad.write(hands.next(digit, PAD_SIZE), stillness.matches ? 0 : WRITING_TIME));
    button.disabled = false;
  });
} catch {
  say("The sample digits could not be loaded. Draw your own.", "trouble");
}
