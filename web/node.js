// What there is to say of one node: its own numbers, and what it makes of the drawing.

import { percent } from "./answer.js";
import { nameOf, thing } from "./classes.js";
import { inkStrokes } from "./ink.js";
import { canvasOf, paint, pictureOf } from "./picture.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./network.js").Reading} Reading */
/** @typedef {import("./inside.js").Example} Example */

const MOST_SHOWN = 8;

/** The drawings that the open node was asked about. @type {Example[] | null} */
let asked = null;

/**
 * @param {HTMLElement} place
 * @param {Network} network
 * @param {Reading | null} reading
 * @param {number} node
 * @param {() => Example[]} examples
 */
export function describeNode(place, network, reading, node, examples) {
  const [layer] = network.layers;
  const bias = layer.biases[node];
  const key = `node ${network.sha256} ${node}`;
  if (place.dataset.of !== key || asked !== examples()) {
    place.dataset.of = key;
    asked = examples();
    place.replaceChildren(
      heading(`Hidden node ${node}`),
      equation(
        ["ink", canvasOf("What the network sees")],
        "×",
        ["weights", pictureOf(`The weights of hidden node ${node}`, network.nodeWeights[node])],
        "=",
        ["products", canvasOf("Ink times weight, pixel by pixel")],
      ),
      paragraph("sum"),
      block("What it adds to each output", element("div", "shares")),
      block("The drawings that excite it most", mostExciting(network, node, examples())),
    );
  }
  const shares = /** @type {HTMLElement} */ (place.querySelector(".shares"));
  const [ink, products] = place.querySelectorAll("canvas");
  paint(ink, reading && reading.input, 1);
  paint(products, reading && reading.input.map((value, pixel) => value * network.nodeWeights[node][pixel]));
  if (!reading) {
    say(place, `Its bias is ${number(bias)}. Draw ${thing()}, and see what this node makes of it.`);
    shares.replaceChildren();
    return;
  }
  const sum = reading.sums[0][node];
  const activation = reading.outputs[0][node];
  say(
    place,
    `The ${layer.inputs} products add up to ${number(sum - bias)}. With its bias of ${number(bias)} that is` +
      ` ${number(sum)}, and ${activationName(layer.activation)} makes it ${number(activation)}: its activation, which it` +
      " tells the outputs.",
  );
  const outputs = /** @type {import("./network.js").Layer} */ (network.layers.at(-1)).nodes;
  const added = Array.from({ length: outputs }, (_, output) => activation * network.gradient(reading, output, 0)[node]);
  fillShares(shares, added.map((value, output) => ({ name: nameOf(output), value })));
}

/**
 * @param {HTMLElement} place
 * @param {Network} network
 * @param {Reading | null} reading
 * @param {number} digit
 */
export function describeOutput(place, network, reading, digit) {
  place.dataset.of = `output ${digit}`;
  place.replaceChildren(heading(`Output ${nameOf(digit)}`), paragraph("sum"));
  if (!reading) {
    say(place, `Draw ${thing()}, and see which nodes speak for it and which against it.`);
    return;
  }
  const last = network.layers.length - 1;
  say(
    place,
    `What all nodes add, and its bias of ${number(network.layers[last].biases[digit])}, make ` +
      `${number(reading.sums[last][digit])}. Softmax weighs that against the other outputs: ` +
      `${percent(reading.outputs[last][digit])}.`,
  );
  const pixels = network.gradient(reading, digit, -1).map((gradient, pixel) => gradient * reading.input[pixel]);
  const mattered = canvasOf(`The pixels that mattered to output ${nameOf(digit)}`);
  paint(mattered, pixels);
  place.append(
    figure(
      mattered,
      "The pixels that mattered (gradient × input): ink of its own color spoke for it, red ink against it.",
    ),
  );
  if (last === 0) return;
  const gradient = network.gradient(reading, digit, 0);
  const added = [...reading.outputs[0]].map((activation, node) => ({ node, value: activation * gradient[node] }));
  added.sort((a, b) => b.value - a.value);
  place.append(
    block("The nodes that spoke for it", nodesAsButtons(network, added.filter(({ value }) => value > 0))),
    block("The nodes that spoke against it", nodesAsButtons(network, added.filter(({ value }) => value < 0).reverse())),
  );
}

/**
 * @param {Network} network
 * @param {number} node
 * @param {Example[]} examples
 */
function mostExciting(network, node, examples) {
  const weights = network.nodeWeights[node];
  const bias = network.layers[0].biases[node];
  const excited = examples.map(({ strokes, name }) => {
    const input = inputOf(network, strokes);
    return { input, name, sum: input.reduce((sum, ink, pixel) => sum + ink * weights[pixel], bias) };
  });
  excited.sort((a, b) => b.sum - a.sum);
  const list = element("ul", "thumbs");
  for (const { input, name, sum } of excited.slice(0, MOST_SHOWN)) {
    const item = element("li");
    item.append(pictureOf(name, input, 1), number(sum));
    list.append(item);
  }
  return list;
}

/** What a network is given for drawings that it has been asked about before. @type {WeakMap<Network, WeakMap<object, Float64Array>>} */
const prepared = new WeakMap();

/**
 * @param {Network} network
 * @param {import("./ink.js").Stroke[]} strokes
 */
function inputOf(network, strokes) {
  const inputs = prepared.get(network) ?? new WeakMap();
  const input = inputs.get(strokes) ?? network.prepare(inkStrokes(strokes));
  prepared.set(network, inputs.set(strokes, input));
  return input;
}

/**
 * @param {Network} network
 * @param {{ node: number, value: number }[]} added
 */
function nodesAsButtons(network, added) {
  const list = element("ul", "thumbs");
  for (const { node, value } of added.slice(0, MOST_SHOWN)) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.node = String(node);
    button.ariaLabel = `Hidden node ${node}`;
    button.append(pictureOf("", network.nodeWeights[node]));
    const item = element("li");
    item.append(button, signed(value));
    list.append(item);
  }
  return list;
}

/**
 * @param {HTMLElement} place
 * @param {{ name: string, value: number }[]} shares
 */
function fillShares(place, shares) {
  const most = Math.max(...shares.map(({ value }) => Math.abs(value))) || 1;
  const list = element("dl", shares.some(({ name }) => name.length > 2) ? "diverging named" : "diverging");
  for (const { name, value } of shares) {
    const row = element("div", value < 0 ? "against" : "for");
    const term = element("dt");
    term.textContent = name;
    const amount = element("dd");
    amount.textContent = signed(value);
    row.style.setProperty("--share", (Math.abs(value) / most).toFixed(3));
    row.append(term, amount);
    list.append(row);
  }
  place.replaceChildren(list);
}

/** @param {string} activation */
function activationName(activation) {
  if (activation === "relu") return "ReLU, which lets nothing below zero pass,";
  return activation;
}

/** @param {number} value */
function number(value) {
  return value.toFixed(2).replace("-", "−").replace(/^−(0\.00)$/, "$1");
}

/** @param {number} value */
function signed(value) {
  const text = number(value);
  return value >= 0.005 ? `+${text}` : text;
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 */
function say(place, text) {
  /** @type {HTMLElement} */ (place.querySelector(".sum")).textContent = text;
}

/**
 * @param {string} tag
 * @param {string} [name]
 */
function element(tag, name) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  return made;
}

/** @param {string} text */
function heading(text) {
  const made = element("h3");
  made.textContent = text;
  return made;
}

/** @param {string} name */
function paragraph(name) {
  return element("p", name);
}

/**
 * @param {HTMLElement} picture
 * @param {string} words
 */
function figure(picture, words) {
  const made = element("figure");
  const caption = element("figcaption");
  caption.textContent = words;
  made.append(picture, caption);
  return made;
}

/**
 * @param {(string | [string, HTMLElement])[]} terms  Signs, and pictures with a word for each.
 */
function equation(...terms) {
  const made = element("div", "equation");
  made.append(...terms.map((term) => (typeof term === "string" ? term : figure(term[1], term[0]))));
  return made;
}

/**
 * @param {string} title
 * @param {HTMLElement} content
 */
function block(title, content) {
  const made = element("div", "block");
  const head = element("h4");
  head.textContent = title;
  made.append(head, content);
  return made;
}
