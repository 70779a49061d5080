// Look inside: the hidden nodes as pictures of their weights, lit by what they say of the drawing; a click opens one.

import { nameOf, write } from "./classes.js";
import { describeNode, describeOutput } from "./node.js";
import { imageOf, print } from "./picture.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./network.js").Reading} Reading */
/** @typedef {{ strokes: import("./ink.js").Stroke[], name: string }} Example  A drawing that nodes can be asked about. */

const nodes = /** @type {HTMLElement} */ (document.querySelector("#nodes"));
const outputs = /** @type {HTMLElement} */ (document.querySelector("#outputs"));
const details = /** @type {HTMLElement} */ (document.querySelector("#details"));

/** How strong the picture is of a node that says nothing. */
const UNLIT = 0.4;

export class Inside {
  #examples;
  /** @type {Network | null} */
  #network = null;
  /** @type {Reading | null} */
  #reading = null;
  /** What is open. @type {{ kind: "node" | "output", index: number } | null} */
  #open = null;

  /** @param {() => Example[]} examples */
  constructor(examples) {
    this.#examples = examples;
    for (const group of [nodes, outputs]) {
      group.addEventListener("keydown", (event) => walk(group, event));
      group.addEventListener("click", (event) => {
        const button = event.target instanceof Element && event.target.closest("button");
        if (button) this.#select(group === nodes ? "node" : "output", [...group.children].indexOf(button));
      });
    }
    details.addEventListener("click", (event) => {
      const button = event.target instanceof Element && event.target.closest("button");
      if (!(button instanceof HTMLButtonElement)) return;
      const node = Number(button.dataset.node);
      this.#select("node", node);
      const chosen = /** @type {HTMLElement} */ (nodes.children[node]);
      // The button that was pressed is there no more: who uses the keyboard goes on from the node itself.
      if (event.detail === 0) chosen.focus();
      else bringIntoPlate(chosen);
    });
  }

  /** @param {Network} network */
  setNetwork(network) {
    const [first, ...others] = network.layers;
    const hidden = others.length > 0;
    nodes.replaceChildren(
      ...Array.from({ length: hidden ? first.nodes : 0 }, (_, index) => buttonWith(`Hidden node ${index}`, imageOf())),
    );
    printInTurns([...nodes.querySelectorAll("img")], network.nodeWeights);
    const last = /** @type {import("./network.js").Layer} */ (network.layers.at(-1));
    outputs.replaceChildren(
      ...Array.from({ length: last.nodes }, (_, index) => {
        const name = document.createElement("span");
        write(name, nameOf(index));
        return buttonWith(`Output ${nameOf(index)}`, name);
      }),
    );
    outputs.classList.toggle("named", outputs.querySelector(".word") !== null);
    for (const group of [nodes, outputs]) group.firstElementChild?.setAttribute("tabindex", "0");
    title("inputs", first.inputs, "input");
    title("nodes", nodes.childElementCount, "hidden node");
    title("outputs", last.nodes, "output");
    /** @type {HTMLElement} */ (document.querySelector("#upright")).hidden = !network.moments;
    this.#network = network;
    this.#open = null;
    this.show(null);
  }

  /** @param {Reading | null} reading  What the network says of the drawing; null when there is none. */
  show(reading) {
    this.#reading = reading;
    if (!this.#network) return;
    light(nodes, this.#network.layers.length > 1 ? reading?.outputs[0] : undefined);
    light(outputs, reading?.outputs.at(-1));
    this.#describe();
  }

  /**
   * @param {"node" | "output"} kind
   * @param {number} index
   */
  #select(kind, index) {
    this.#open = { kind, index };
    for (const group of [nodes, outputs]) {
      const here = (group === nodes) === (kind === "node");
      [...group.children].forEach((button, at) => (button.ariaPressed = String(here && at === index)));
      if (here) makeTabStop(group, index);
    }
    this.#describe();
  }

  #describe() {
    if (!this.#network || !this.#open) {
      details.replaceChildren();
      return;
    }
    const { kind, index } = this.#open;
    // Of a node that stays open, what does not depend on the drawing stays as it is.
    if (kind === "node") describeNode(details, this.#network, this.#reading, index, this.#examples);
    else describeOutput(details, this.#network, this.#reading, index);
  }
}

/**
 * Prints some at a time: somebody may be drawing.
 *
 * @param {HTMLImageElement[]} images
 * @param {Float32Array[]} values
 */
function printInTurns(images, values, from = 0) {
  const AT_A_TIME = 20;
  if (from >= images.length) return;
  setTimeout(() => {
    const turn = images.slice(from, from + AT_A_TIME);
    turn.forEach((image, at) => image.isConnected && print(image, values[from + at]));
    printInTurns(images, values, from + AT_A_TIME);
  });
}

/**
 * @param {string} label
 * @param {string | Node} content
 */
function buttonWith(label, content) {
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = -1;
  button.ariaLabel = label;
  button.ariaPressed = "false";
  const lamp = document.createElement("span");
  lamp.className = "light";
  button.append(content, lamp);
  return button;
}

/**
 * Sets opacities alone, which is all that a browser then has to look at: a color mixed by a property of the button's
 * took it ten times as long, at each move of the pen.
 *
 * @param {HTMLElement} group
 * @param {Float64Array | undefined} values
 */
function light(group, values) {
  const most = values?.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
  [...group.children].forEach((button, index) => {
    const share = values ? Math.abs(values[index]) / most : 0;
    const [lamp] = /** @type {HTMLCollectionOf<HTMLElement>} */ (button.getElementsByClassName("light"));
    lamp.style.opacity = share.toFixed(3);
    const [image] = button.getElementsByTagName("img");
    if (image) image.style.opacity = (UNLIT + (1 - UNLIT) * share).toFixed(3);
  });
}

/**
 * Arrow keys go from button to button, so that Tab need not go through two hundred.
 *
 * @param {HTMLElement} group
 * @param {KeyboardEvent} event
 */
function walk(group, event) {
  const buttons = /** @type {HTMLElement[]} */ ([...group.children]);
  const here = buttons.findIndex((button) => button === event.target);
  if (here < 0) return;
  const top = buttons[0].offsetTop;
  const columns = buttons.filter((button) => button.offsetTop === top).length;
  const steps = new Map([
    ["ArrowRight", 1],
    ["ArrowLeft", -1],
    ["ArrowDown", columns],
    ["ArrowUp", -columns],
    ["Home", -here],
    ["End", buttons.length - 1 - here],
  ]);
  const step = steps.get(event.key);
  const next = step === undefined ? undefined : buttons[here + step];
  if (step === undefined) return;
  event.preventDefault();
  if (!next) return;
  makeTabStop(group, here + step);
  next.focus();
}

/**
 * Of a group's buttons, Tab comes to this one.
 *
 * @param {HTMLElement} group
 * @param {number} index
 */
function makeTabStop(group, index) {
  [...group.children].forEach((button, at) => (/** @type {HTMLElement} */ (button).tabIndex = at === index ? 0 : -1));
}

/**
 * Scrolls the plate, and not the page, so that a node is to be seen.
 *
 * @param {HTMLElement} button
 */
function bringIntoPlate(button) {
  const top = button.getBoundingClientRect().top - nodes.getBoundingClientRect().top;
  if (top < 0 || top + button.offsetHeight > nodes.clientHeight) nodes.scrollTop += top - nodes.clientHeight / 2;
}

/**
 * @param {"inputs" | "nodes" | "outputs"} kind
 * @param {number} count
 * @param {string} thing
 */
function title(kind, count, thing) {
  const heading = /** @type {HTMLElement} */ (document.querySelector(`#${kind}-title`));
  heading.textContent = `${count} ${thing}${count === 1 ? "" : "s"}`;
}
