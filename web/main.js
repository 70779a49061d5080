// Wires the page together: strokes → image → PNG → service → answer.

import { Collection } from "./drawings/collection.js";
import { Inside } from "./inside/inside.js";
import { showAnswer, showClasses, showLiveAnswer, showMessage } from "./page/answer.js";
import { logAnswer, logImage } from "./page/console.js";
import { AREA_SIZE, DrawingArea } from "./page/drawing-area.js";
import { find } from "./page/elements.js";
import { bringIntoArea, Handwriting } from "./page/handwriting.js";
import { showOverlay } from "./page/overlay.js";
import { showPreview } from "./page/preview.js";
import { listenToKeys } from "./page/shortcuts.js";
import { classNames, nameOf, readsDigits, setClasses, somethingToDraw } from "./recognition/classes.js";
import { LiveRecognition } from "./recognition/live.js";
import { inkDrawing, inkStrokes } from "./recognition/rasterize.js";
import { Recognizer } from "./recognition/recognizer.js";
import { ServiceError } from "./recognition/service.js";

/** @typedef {import("./recognition/rasterize.js").Stroke} Stroke */
/** @typedef {import("./inside/inside.js").Example} Example */

/** How many of the user's drawings are examples; each takes a millisecond at the first click on a node. */
const MAX_OWN_EXAMPLES = 100;
const REPLAY_DURATION = 500; // milliseconds

const send = find("#send", HTMLButtonElement);
const undo = find("#undo", HTMLButtonElement);
const redo = find("#redo", HTMLButtonElement);
const digitButtons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".handwriting button"));
const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");

/** @type {Collection | null} */
let collection = null;
/** @type {Handwriting | null} */
let handwriting = null;
/** @type {{ handwriting: Handwriting | null, drawings: import("./drawings/store.js").Drawing[] | undefined, list: Example[] } | null} */
let knownExamples = null;
/** The drawing that was sent, until it changes. @type {Stroke[] | null} */
let sent = null;
/** The visible drawing in ink. @type {ReturnType<typeof inkDrawing> | null} */
let inked = null;
let frame = 0;

const recognizer = new Recognizer(() => {
  const { network } = recognizer;
  if (network) {
    if (network.classes.join() !== classNames().join()) changeClasses(network.classes);
    inside.setNetwork(network);
  }
  showAtNextFrame();
});
const live = new LiveRecognition((/** @type {Uint8Array} */ image) => recognizer.recognize(image), showLiveAnswer, showError);
const inside = new Inside(examples);
const area = new DrawingArea(find("#canvas", HTMLCanvasElement), drawingChanged);

/** @param {readonly Stroke[]} strokes  The visible ones: during a replay, a part of the drawing. */
function drawingChanged(strokes) {
  sent = null;
  undo.disabled = !area.canUndo;
  redo.disabled = !area.canRedo;
  inked = strokes.length > 0 ? inkDrawing(strokes) : null;
  showAtNextFrame();
  if (inked) {
    showLiveAnswer(null);
    live.request(inked.image);
  } else {
    live.cancel();
    showMessage(prompt());
  }
}

/** Shows the network's input and activations once per frame; the pen may move several times in between. */
function showAtNextFrame() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => {
    const { network } = recognizer;
    const pass = inked && network ? network.forward(inked.image) : null;
    showPreview(pass?.input ?? (inked && Array.from(inked.image, (ink) => ink / 255)));
    showOverlay(inked, network?.moments ?? false);
    inside.show(pass);
  });
}

send.addEventListener("click", async () => {
  area.finish();
  if (area.strokes.length === 0) {
    showMessage(`There is nothing to send. Draw ${somethingToDraw()} first.`, "error");
    return;
  }
  const { strokes } = area;
  const image = inkStrokes(strokes);
  live.cancel();
  sent = strokes;
  showMessage("Reading…");
  logImage(image);
  try {
    const answer = await recognizer.recognize(image);
    logAnswer(answer);
    if (sent === strokes) showAnswer(answer);
    await collection?.add(strokes, answer.digit);
  } catch (error) {
    if (sent === strokes) showError(error);
    else if (!(error instanceof ServiceError)) throw error;
  }
});

function prompt() {
  return `Draw ${somethingToDraw()}.`;
}

/** @param {unknown} error */
function showError(error) {
  if (!(error instanceof ServiceError)) throw error;
  showMessage(error.message, "error");
}

/**
 * Shows the elements for models of digits or those for models of other classes.
 *
 * @param {string[]} classes
 */
function changeClasses(classes) {
  setClasses(classes);
  const kind = readsDigits() ? "digits" : "others";
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-for]"))) {
    element.hidden = element.dataset.for !== kind;
  }
  find("#class-names", HTMLElement).textContent = classes.join(", ");
  showClasses();
  void collection?.changeClasses();
  if (!inked) showMessage(prompt());
}

find("#clear", HTMLButtonElement).addEventListener("click", () => area.clear());
undo.addEventListener("click", () => area.undo());
redo.addEventListener("click", () => area.redo());
listenToKeys({
  send: () => send.click(),
  clear: () => area.clear(),
  undo: () => area.undo(),
  redo: () => area.redo(),
  drawDigit: (digit) => readsDigits() && digitButtons[digit].click(),
});

try {
  const loaded = await Handwriting.load();
  handwriting = loaded;
  digitButtons.forEach((button, digit) => {
    const duration = () => (reducedMotion.matches ? 0 : REPLAY_DURATION);
    button.addEventListener("click", () => area.replay(loaded.next(digit, AREA_SIZE), duration()));
    button.disabled = false;
  });
} catch {
  showMessage("The sample digits could not be loaded. Draw your own.", "error");
}

// Everything needed for drawing is ready; the rest can wait until now.
await recognizer.load();
if ("serviceWorker" in navigator) navigator.serviceWorker.register("./sw.js").catch(() => {});
collection = await Collection.load(({ strokes }) => area.replay(bringIntoArea(strokes, AREA_SIZE), 0));

/** The drawings that a node is compared on: the buttons' and the user's newest. The same list until they change. */
function examples() {
  const drawings = collection?.drawings;
  if (!knownExamples || knownExamples.handwriting !== handwriting || knownExamples.drawings !== drawings) {
    knownExamples = { handwriting, drawings, list: collectExamples() };
  }
  return knownExamples.list;
}

/** @returns {Example[]} */
function collectExamples() {
  const samples = (readsDigits() && handwriting?.all) || [];
  const own = collection?.drawings.slice(-MAX_OWN_EXAMPLES) ?? [];
  return [
    ...samples.map(({ digit, strokes }) => ({ strokes, name: `A ${digit} of the digit buttons` })),
    ...own.map(({ strokes, label, answer }) => {
      const name = nameOf(label ?? answer);
      return { strokes, name: readsDigits() ? `A ${name} that you drew` : `${name}, drawn by you` };
    }),
  ];
}
