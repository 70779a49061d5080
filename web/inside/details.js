// The details of a hidden node or an output: its parameters, and its computation for the drawing.

import { percent } from "../page/answer.js";
import { create } from "../page/elements.js";
import { canvasOf, paint, pictureOf } from "../page/picture.js";
import { nameOf, somethingToDraw } from "../recognition/classes.js";
import { inkStrokes } from "../recognition/rasterize.js";

/** @typedef {import("../recognition/network.js").Network} Network */
/** @typedef {import("../recognition/network.js").Layer} Layer */
/** @typedef {import("../recognition/network.js").ForwardPass} ForwardPass */
/** @typedef {import("./inside.js").Example} Example */

const MAX_SHOWN = 8;

/** The examples that the shown node was compared on. @type {Example[] | null} */
let shownExamples = null;

/**
 * @param {HTMLElement} details
 * @param {Network} network
 * @param {ForwardPass | null} pass
 * @param {number} node
 * @param {() => Example[]} examples
 */
export function describeNode(details, network, pass, node, examples) {
  const [layer] = network.layers;
  const bias = layer.biases[node];
  const key = `node ${network.sha256} ${node}`;
  // What does not depend on the drawing is made once: this runs at every move of the pen.
  if (details.dataset.of !== key || shownExamples !== examples()) {
    details.dataset.of = key;
    shownExamples = examples();
    details.replaceChildren(
      create("h3", { textContent: `Hidden node ${node}` }),
      create(
        "div",
        { className: "equation" },
        createFigure(canvasOf("What the network sees"), "ink"),
        "×",
        createFigure(pictureOf(`The weights of hidden node ${node}`, network.nodeWeights[node]), "weights"),
        "=",
        createFigure(canvasOf("Ink times weight, pixel by pixel"), "products"),
      ),
      create("p", { className: "sum" }),
      createBlock("Contribution to each output", create("div", { className: "contributions" })),
      createBlock("Drawings that activate it most", mostActivating(network, node, shownExamples)),
    );
  }
  const contributions = /** @type {HTMLElement} */ (details.querySelector(".contributions"));
  const [ink, products] = details.querySelectorAll("canvas");
  paint(ink, pass && pass.input, 1);
  paint(products, pass && pass.input.map((value, pixel) => value * network.nodeWeights[node][pixel]));
  if (!pass) {
    explain(details, `Its bias is ${format(bias)}. Draw ${somethingToDraw()} to see the activation of this node.`);
    contributions.replaceChildren();
    return;
  }
  const sum = pass.sums[0][node];
  const activation = pass.outputs[0][node];
  explain(
    details,
    `The ${layer.inputs} products add up to ${format(sum - bias)}. With the bias of ${format(bias)} that is` +
      ` ${format(sum)}, and ${activationName(layer.activation)} makes it ${format(activation)}: the activation.`,
  );
  const outputs = /** @type {Layer} */ (network.layers.at(-1)).nodes;
  const values = Array.from({ length: outputs }, (_, output) => activation * network.gradient(pass, output, 0)[node]);
  contributions.replaceChildren(createBars(values.map((value, output) => ({ name: nameOf(output), value }))));
}

/**
 * @param {HTMLElement} details
 * @param {Network} network
 * @param {ForwardPass | null} pass
 * @param {number} output
 */
export function describeOutput(details, network, pass, output) {
  const name = nameOf(output);
  details.dataset.of = `output ${output}`;
  details.replaceChildren(create("h3", { textContent: `Output ${name}` }), create("p", { className: "sum" }));
  if (!pass) {
    explain(details, `Draw ${somethingToDraw()} to see which nodes support this output and which oppose it.`);
    return;
  }
  const last = network.layers.length - 1;
  explain(
    details,
    `The contributions of all nodes and the bias of ${format(network.layers[last].biases[output])} add up to ` +
      `${format(pass.sums[last][output])}. Softmax compares this sum with those of the other outputs: ` +
      `${percent(pass.outputs[last][output])}.`,
  );
  const pixels = network.gradient(pass, output, -1).map((gradient, pixel) => gradient * pass.input[pixel]);
  const saliency = canvasOf(`The pixels that mattered to output ${name}`);
  paint(saliency, pixels);
  const caption = "The pixels that mattered (gradient × input): ink in its own color supports the output, red ink opposes it.";
  details.append(createFigure(saliency, caption));
  if (last === 0) return;
  const gradient = network.gradient(pass, output, 0);
  const contributions = [...pass.outputs[0]].map((activation, node) => ({ node, value: activation * gradient[node] }));
  contributions.sort((a, b) => b.value - a.value);
  const supporting = contributions.filter(({ value }) => value > 0);
  const opposing = contributions.filter(({ value }) => value < 0).reverse();
  details.append(
    createBlock("Nodes that support it", createNodeButtons(network, supporting)),
    createBlock("Nodes that oppose it", createNodeButtons(network, opposing)),
  );
}

/**
 * @param {Network} network
 * @param {number} node
 * @param {Example[]} examples
 */
function mostActivating(network, node, examples) {
  const weights = network.nodeWeights[node];
  const bias = network.layers[0].biases[node];
  const candidates = examples.map(({ strokes, name }) => {
    const input = featuresOf(network, strokes);
    return { input, name, sum: input.reduce((sum, ink, pixel) => sum + ink * weights[pixel], bias) };
  });
  candidates.sort((a, b) => b.sum - a.sum);
  const items = candidates
    .slice(0, MAX_SHOWN)
    .map(({ input, name, sum }) => create("li", {}, pictureOf(name, input, 1), format(sum)));
  return create("ul", { className: "thumbnails" }, ...items);
}

/** The features of the examples, by network and strokes. @type {WeakMap<Network, WeakMap<object, Float64Array>>} */
const knownFeatures = new WeakMap();

/**
 * @param {Network} network
 * @param {import("../recognition/rasterize.js").Stroke[]} strokes
 */
function featuresOf(network, strokes) {
  const known = knownFeatures.get(network) ?? new WeakMap();
  const features = known.get(strokes) ?? network.features(inkStrokes(strokes));
  knownFeatures.set(network, known.set(strokes, features));
  return features;
}

/**
 * @param {Network} network
 * @param {{ node: number, value: number }[]} contributions
 */
function createNodeButtons(network, contributions) {
  const items = contributions.slice(0, MAX_SHOWN).map(({ node, value }) => {
    const properties = { type: /** @type {const} */ ("button"), ariaLabel: `Hidden node ${node}` };
    const button = create("button", properties, pictureOf("", network.nodeWeights[node]));
    button.dataset.node = String(node);
    return create("li", {}, button, formatSigned(value));
  });
  return create("ul", { className: "thumbnails" }, ...items);
}

/**
 * A diverging bar chart: bars to both sides of zero.
 *
 * @param {{ name: string, value: number }[]} values
 */
function createBars(values) {
  const max = Math.max(...values.map(({ value }) => Math.abs(value))) || 1;
  const rows = values.map(({ name, value }) => {
    const content = [create("dt", { textContent: name }), create("dd", { textContent: formatSigned(value) })];
    const row = create("div", { className: value < 0 ? "negative" : "" }, ...content);
    row.style.setProperty("--fraction", (Math.abs(value) / max).toFixed(3));
    return row;
  });
  const named = values.some(({ name }) => name.length > 2);
  return create("dl", { className: named ? "diverging named" : "diverging" }, ...rows);
}

/** @param {string} activation */
function activationName(activation) {
  return activation === "relu" ? "ReLU, which turns negative values into 0," : activation;
}

/** @param {number} value */
function format(value) {
  return value.toFixed(2).replace("-", "−").replace(/^−(0\.00)$/, "$1");
}

/** @param {number} value */
function formatSigned(value) {
  const text = format(value);
  return value >= 0.005 ? `+${text}` : text;
}

/**
 * @param {HTMLElement} details
 * @param {string} text
 */
function explain(details, text) {
  /** @type {HTMLElement} */ (details.querySelector(".sum")).textContent = text;
}

/**
 * @param {HTMLElement} picture
 * @param {string} caption
 */
function createFigure(picture, caption) {
  return create("figure", {}, picture, create("figcaption", { textContent: caption }));
}

/**
 * @param {string} title
 * @param {HTMLElement} content
 */
function createBlock(title, content) {
  return create("div", { className: "block" }, create("h4", { textContent: title }), content);
}
