// The section "Look inside": the hidden nodes as pictures of their weights and the outputs, each with its activation. A
// click on a node or an output shows its details.

import { create, find, writeName } from "../page/elements.js";
import { print } from "../page/picture.js";
import { nameOf } from "../recognition/classes.js";
import { describeNode, describeOutput } from "./details.js";

/** @typedef {import("../recognition/network.js").Network} Network */
/** @typedef {import("../recognition/network.js").Layer} Layer */
/** @typedef {import("../recognition/network.js").ForwardPass} ForwardPass */
/** @typedef {{ strokes: import("../recognition/rasterize.js").Stroke[], name: string }} Example */

const nodes = find("#nodes", HTMLElement);
const outputs = find("#outputs", HTMLElement);
const details = find("#details", HTMLElement);

/** The opacity of the picture of a node whose activation is 0. */
const INACTIVE = 0.4;
const PICTURES_PER_TASK = 20;

export class Inside {
  #examples;
  /** @type {Network | null} */
  #network = null;
  /** @type {ForwardPass | null} */
  #pass = null;
  /** The node or output whose details are shown. @type {{ kind: "node" | "output", index: number } | null} */
  #selected = null;

  /** @param {() => Example[]} examples  The drawings among which a node's most activating ones are found. */
  constructor(examples) {
    this.#examples = examples;
    for (const group of [nodes, outputs]) {
      group.addEventListener("keydown", (event) => moveFocus(group, event));
      group.addEventListener("click", (event) => {
        const button = event.target instanceof Element && event.target.closest("button");
        if (button) this.#select(group === nodes ? "node" : "output", [...group.children].indexOf(button));
      });
    }
    details.addEventListener("click", (event) => {
      const button = event.target instanceof Element && event.target.closest("button");
      if (!(button instanceof HTMLButtonElement)) return;
      const index = Number(button.dataset.node);
      this.#select("node", index);
      const node = /** @type {HTMLElement} */ (nodes.children[index]);
      // The pressed button is gone; a keyboard user continues from the node itself.
      if (event.detail === 0) node.focus();
      else scrollGridTo(node);
    });
  }

  /** @param {Network} network */
  setNetwork(network) {
    const [first, ...others] = network.layers;
    const hidden = others.length > 0;
    nodes.replaceChildren(
      ...Array.from({ length: hidden ? first.nodes : 0 }, (_, index) =>
        createButton(`Hidden node ${index}`, create("img", { alt: "" })),
      ),
    );
    printInBatches([...nodes.querySelectorAll("img")], network.nodeWeights);
    const last = /** @type {Layer} */ (network.layers.at(-1));
    outputs.replaceChildren(
      ...Array.from({ length: last.nodes }, (_, index) => {
        const name = create("span");
        writeName(name, nameOf(index));
        return createButton(`Output ${nameOf(index)}`, name);
      }),
    );
    outputs.classList.toggle("named", outputs.querySelector(".word") !== null);
    for (const group of [nodes, outputs]) group.firstElementChild?.setAttribute("tabindex", "0");
    showCount("inputs", first.inputs, "input");
    showCount("nodes", nodes.childElementCount, "hidden node");
    showCount("outputs", last.nodes, "output");
    find("#upright", HTMLElement).hidden = !network.moments;
    this.#network = network;
    this.#selected = null;
    this.show(null);
  }

  /** @param {ForwardPass | null} pass  Null if there is no drawing. */
  show(pass) {
    this.#pass = pass;
    if (!this.#network) return;
    showActivations(nodes, this.#network.layers.length > 1 ? pass?.outputs[0] : undefined);
    showActivations(outputs, pass?.outputs.at(-1));
    this.#describe();
  }

  /**
   * @param {"node" | "output"} kind
   * @param {number} index
   */
  #select(kind, index) {
    this.#selected = { kind, index };
    for (const group of [nodes, outputs]) {
      const ownGroup = (group === nodes) === (kind === "node");
      [...group.children].forEach((button, at) => (button.ariaPressed = String(ownGroup && at === index)));
      if (ownGroup) makeTabStop(group, index);
    }
    this.#describe();
  }

  #describe() {
    if (!this.#network || !this.#selected) {
      details.replaceChildren();
      return;
    }
    const { kind, index } = this.#selected;
    if (kind === "node") describeNode(details, this.#network, this.#pass, index, this.#examples);
    else describeOutput(details, this.#network, this.#pass, index);
  }
}

/**
 * Prints a few pictures per task, so that drawing stays fluent.
 *
 * @param {HTMLImageElement[]} images
 * @param {Float32Array[]} values
 */
function printInBatches(images, values, from = 0) {
  if (from >= images.length) return;
  setTimeout(() => {
    const batch = images.slice(from, from + PICTURES_PER_TASK);
    batch.forEach((image, at) => image.isConnected && print(image, values[from + at]));
    printInBatches(images, values, from + PICTURES_PER_TASK);
  });
}

/**
 * @param {string} label
 * @param {Node} content
 */
function createButton(label, content) {
  const properties = { type: /** @type {const} */ ("button"), tabIndex: -1, ariaLabel: label, ariaPressed: "false" };
  return create("button", properties, content, create("span", { className: "activation" }));
}

/**
 * Changes only opacities, which a browser repaints about ten times as fast as colors; this runs at every move of the pen.
 *
 * @param {HTMLElement} group
 * @param {Float64Array | undefined} values
 */
function showActivations(group, values) {
  const max = values?.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
  [...group.children].forEach((button, index) => {
    const fraction = values ? Math.abs(values[index]) / max : 0;
    const [activation] = /** @type {HTMLCollectionOf<HTMLElement>} */ (button.getElementsByClassName("activation"));
    activation.style.opacity = fraction.toFixed(3);
    const [image] = button.getElementsByTagName("img");
    if (image) image.style.opacity = (INACTIVE + (1 - INACTIVE) * fraction).toFixed(3);
  });
}

/**
 * Moves the focus by arrow keys, so that Tab need not step through two hundred buttons.
 *
 * @param {HTMLElement} group
 * @param {KeyboardEvent} event
 */
function moveFocus(group, event) {
  const buttons = /** @type {HTMLElement[]} */ ([...group.children]);
  const current = buttons.findIndex((button) => button === event.target);
  if (current < 0) return;
  const top = buttons[0].offsetTop;
  const columns = buttons.filter((button) => button.offsetTop === top).length;
  const steps = new Map([
    ["ArrowRight", 1],
    ["ArrowLeft", -1],
    ["ArrowDown", columns],
    ["ArrowUp", -columns],
    ["Home", -current],
    ["End", buttons.length - 1 - current],
  ]);
  const step = steps.get(event.key);
  if (step === undefined) return;
  event.preventDefault();
  const next = buttons[current + step];
  if (!next) return;
  makeTabStop(group, current + step);
  next.focus();
}

/**
 * Makes this button the only one of its group that Tab reaches.
 *
 * @param {HTMLElement} group
 * @param {number} index
 */
function makeTabStop(group, index) {
  [...group.children].forEach((button, at) => (/** @type {HTMLElement} */ (button).tabIndex = at === index ? 0 : -1));
}

/**
 * Scrolls the grid of nodes, not the page, until the node is visible.
 *
 * @param {HTMLElement} node
 */
function scrollGridTo(node) {
  const top = node.getBoundingClientRect().top - nodes.getBoundingClientRect().top;
  if (top < 0 || top + node.offsetHeight > nodes.clientHeight) nodes.scrollTop += top - nodes.clientHeight / 2;
}

/**
 * @param {"inputs" | "nodes" | "outputs"} kind
 * @param {number} count
 * @param {string} noun
 */
function showCount(kind, count, noun) {
  find(`#${kind}-title`, HTMLElement).textContent = `${count} ${noun}${count === 1 ? "" : "s"}`;
}
