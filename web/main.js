// Wires the page together: pad → ink → PNG → service → answer.

import { say, showAnswer, showClasses, showLive } from "./answer.js";
import { classNames, nameOf, readsDigits, setClasses, thing } from "./classes.js";
import { Collection } from "./collection.js";
import { bringOntoPad, Hands } from "./hands.js";
import { inkDrawing, inkStrokes } from "./ink.js";
import { Inside } from "./inside.js";
import { Live } from "./live.js";
import { logAnswer, logImage } from "./log.js";
import { showOverlay } from "./overlay.js";
import { Pad, PAD_SIZE } from "./pad.js";
import { showPreview } from "./preview.js";
import { Reader } from "./reader.js";
import { ServiceError } from "./service.js";
import { listenToKeys } from "./shortcuts.js";

/** @typedef {import("./ink.js").Stroke} Stroke */

/** To ink and to weigh each takes a millisecond, at the first click on a node. */
const MOST_OWN = 100;
const WRITING_TIME = 500; // milliseconds

const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#pad"));
const send = /** @type {HTMLButtonElement} */ (document.querySelector("#send"));
const clear = /** @type {HTMLButtonElement} */ (document.querySelector("#clear"));
const undo = /** @type {HTMLButtonElement} */ (document.querySelector("#undo"));
const redo = /** @type {HTMLButtonElement} */ (document.querySelector("#redo"));
const digitButtons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".digits button"));
const stillness = window.matchMedia("(prefers-reduced-motion: reduce)");

/** @type {Collection | null} */
let collection = null;
/** @type {Hands | null} */
let hands = null;
/** @type {{ hands: Hands | null, own: import("./store.js").Kept[] | undefined, list: import("./inside.js").Example[] } | null} */
let asked = null;
/** The drawing that was sent, until there is an answer or another drawing. @type {Stroke[] | null} */
let sent = null;

/** The drawing in ink, if there is one. @type {ReturnType<typeof inkDrawing> | null} */
let inked = null;
let frame = 0;

const reader = new Reader(() => {
  const { network } = reader;
  if (network) {
    if (network.classes.join() !== classNames().join()) {
      setClasses(network.classes);
      showClasses();
      void collection?.changeClasses();
      if (!inked) say(prompt());
    }
    inside.setNetwork(network);
  }
  look();
});
const live = new Live((/** @type {Uint8Array} */ image) => reader.read(image), showLive, complain);
const inside = new Inside(examples);
const pad = new Pad(canvas, changed);

/** @param {readonly Stroke[]} strokes  What is to be seen: while a digit is being written, the part that is there. */
function changed(strokes) {
  sent = null;
  undo.disabled = !pad.canUndo;
  redo.disabled = !pad.canRedo;
  inked = strokes.length > 0 ? inkDrawing(strokes) : null;
  look();
  if (inked) {
    showLive(null);
    live.follow(inked.image);
  } else {
    live.forget();
    say(prompt());
  }
}

/** Shows what the network sees and what its nodes say, at the next frame: a pen may move several times before. */
function look() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => {
    const { network } = reader;
    const reading = inked && network ? network.read(inked.image) : null;
    showPreview(reading?.input ?? (inked && Array.from(inked.image, (ink) => ink / 255)));
    showOverlay(inked, network?.moments ?? false);
    inside.show(reading);
  });
}

send.addEventListener("click", async () => {
  pad.finish();
  if (pad.strokes.length === 0) {
    say(`There is nothing to send. Draw ${thing()} first.`, "trouble");
    return;
  }
  const strokes = pad.strokes;
  const image = inkStrokes(strokes);
  live.forget();
  sent = strokes;
  say("Reading…");
  logImage(image);
  try {
    const answer = await reader.read(image);
    logAnswer(answer);
    if (sent === strokes) showAnswer(answer);
    await collection?.keep(strokes, answer.digit);
  } catch (error) {
    if (sent === strokes) complain(error);
    else if (!(error instanceof ServiceError)) throw error;
  }
});

function prompt() {
  return `Draw ${thing()}.`;
}

/** @param {unknown} error */
function complain(error) {
  if (!(error instanceof ServiceError)) throw error;
  say(error.message, "trouble");
}

clear.addEventListener("click", () => pad.clear());
undo.addEventListener("click", () => pad.undo());
redo.addEventListener("click", () => pad.redo());
listenToKeys({
  send: () => send.click(),
  clear: () => pad.clear(),
  undo: () => pad.undo(),
  redo: () => pad.redo(),
  write: (digit) => readsDigits() && digitButtons[digit].click(),
});

try {
  const loaded = await Hands.load();
  hands = loaded;
  digitButtons.forEach((button, digit) => {
    button.addEventListener("click", () => pad.write(loaded.next(digit, PAD_SIZE), stillness.matches ? 0 : WRITING_TIME));
    button.disabled = false;
  });
} catch {
  say("The sample digits could not be loaded. Draw your own.", "trouble");
}

// What can wait comes after what cannot.
await reader.load();
if ("serviceWorker" in navigator) navigator.serviceWorker.register("./sw.js").catch(() => {});
collection = await Collection.load(({ strokes }) => pad.write(bringOntoPad(strokes, PAD_SIZE), 0));

/** The drawings that nodes can be asked about: the buttons' and the newest of one's own. The same list until they change. */
function examples() {
  if (!asked || asked.hands !== hands || asked.own !== collection?.drawings) {
    asked = { hands, own: collection?.drawings, list: collectExamples() };
  }
  return asked.list;
}

function collectExamples() {
  const theirs = readsDigits() ? hands?.all : null;
  const written = theirs?.map(({ digit, strokes }) => ({ strokes, name: `A ${digit} that one of the buttons writes` }));
  const own = collection?.drawings.slice(-MOST_OWN).map(({ strokes, label, answer }) => {
    const name = nameOf(label ?? answer);
    return { strokes, name: readsDigits() ? `A ${name} of your own` : `${name}, of your own` };
  });
  return [...(written ?? []), ...(own ?? [])];
}
