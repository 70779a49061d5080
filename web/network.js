// The network itself, with the numbers of the model that the service has: for looking inside, and for reading drawings
// when the service is away.

import { momentNormalize } from "./moments.js";

/** @typedef {import("./service.js").Answer} Answer */
/** @typedef {{ inputs: number, nodes: number, activation: string, weights: Float32Array, biases: Float32Array }} Layer */
/** @typedef {(sums: Float64Array) => Float64Array} Activation */

/** In milliseconds: it is most of a megabyte, and lines are slow. */
const TIMEOUT = 60_000;

/** @type {Record<string, Activation>} */
const ACTIVATIONS = {
  identity: (sums) => sums,
  relu: (sums) => sums.map((sum) => Math.max(0, sum)),
  "leaky-relu": (sums) => sums.map((sum) => (sum > 0 ? sum : 0.01 * sum)),
  tanh: (sums) => sums.map(Math.tanh),
  sigmoid: (sums) => sums.map((sum) => 1 / (1 + Math.exp(-sum))),
  softmax: (sums) => {
    const most = sums.reduce((a, b) => Math.max(a, b));
    const powers = sums.map((sum) => Math.exp(sum - most));
    const total = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / total);
  },
};

/** The slope of each hidden activation, told by its output. @type {Record<string, (output: number) => number>} */
const SLOPES = {
  identity: () => 1,
  relu: (output) => (output > 0 ? 1 : 0),
  "leaky-relu": (output) => (output > 0 ? 1 : 0.01),
  tanh: (output) => 1 - output * output,
  sigmoid: (output) => output * (1 - output),
};

/**
 * What all nodes say of one image.
 *
 * @typedef {object} Reading
 * @property {Float64Array} input  What the network was given: upright.
 * @property {Float64Array[]} sums  Of each layer, before its activation.
 * @property {Float64Array[]} outputs  Of each layer, after it.
 */

export class Network {
  /**
   * @param {object} numbers
   * @param {string} numbers.sha256
   * @param {string[]} numbers.classes  The name of each output.
   * @param {boolean} numbers.moments
   * @param {Layer[]} numbers.layers
   * @param {{ layers: Layer[], threshold: number } | null} numbers.certainty
   */
  constructor({ sha256, classes, moments, layers, certainty }) {
    this.sha256 = sha256;
    this.classes = classes;
    this.moments = moments;
    this.layers = layers;
    this.certainty = certainty;
    const [{ inputs, nodes, weights }] = layers;
    /** Of each node of the first layer its weights, in the layer's own memory. */
    this.nodeWeights = Array.from({ length: nodes }, (_, node) => weights.subarray(node * inputs, (node + 1) * inputs));
  }

  /** Asks for it by its hash each time, so that it is the one that answers. */
  static async load() {
    const response = await fetch("./model/network", { signal: AbortSignal.timeout(TIMEOUT) });
    if (!response.ok) throw new Error(`The network is not there: status ${response.status}.`);
    return Network.from(await response.json());
  }

  /** @param {any} document  What `/model/network` answers. */
  static from({ sha256, classes, moments, layers, certainty }) {
    return new Network({
      sha256,
      classes,
      moments,
      layers: layers.map(layerOf),
      certainty: certainty && { layers: certainty.layers.map(layerOf), threshold: certainty.threshold },
    });
  }

  /**
   * What the network is given for an image: shares of ink, upright if it learned so.
   *
   * @param {Uint8Array} image  784 bytes.
   */
  prepare(image) {
    const shares = Float64Array.from(image, (ink) => ink / 255);
    return this.moments ? momentNormalize(shares) : shares;
  }

  /**
   * @param {Uint8Array} image  784 bytes.
   * @returns {Reading}
   */
  read(image) {
    const input = this.prepare(image);
    return { input, ...pass(this.layers, input) };
  }

  /**
   * What the service would answer.
   *
   * @param {Reading} reading
   * @returns {Answer}
   */
  answer({ sums, outputs }) {
    const probabilities = [.../** @type {Float64Array} */ (outputs.at(-1))];
    const confidence = Math.max(...probabilities);
    return {
      digit: probabilities.indexOf(confidence),
      confidence,
      certain: this.#isCertain(sums, outputs, confidence),
      probabilities,
    };
  }

  /**
   * How much each node of a layer, or each input, moves the sum of an output: the gradient.
   *
   * @param {Reading} reading
   * @param {number} digit
   * @param {number} layer  From 0; -1 for the inputs.
   */
  gradient({ outputs }, digit, layer) {
    const last = this.layers.length - 1;
    const { weights, inputs } = this.layers[last];
    let gradient = Float64Array.from(weights.subarray(digit * inputs, (digit + 1) * inputs));
    for (let at = last - 1; at > layer; at--) {
      const slope = SLOPES[this.layers[at].activation];
      const delta = gradient.map((value, node) => value * slope(outputs[at][node]));
      gradient = backward(this.layers[at], delta);
    }
    return gradient;
  }

  /**
   * @param {Float64Array[]} sums
   * @param {Float64Array[]} outputs
   * @param {number} confidence
   */
  #isCertain(sums, outputs, confidence) {
    if (!this.certainty) return confidence > 0.5;
    const values = [...outputs.slice(0, -1), /** @type {Float64Array} */ (sums.at(-1))].flatMap((some) => [...some]);
    const verdict = pass(this.certainty.layers, Float64Array.from(values)).outputs.at(-1)?.[0] ?? 0;
    return verdict >= this.certainty.threshold;
  }
}

/**
 * @param {Layer[]} layers
 * @param {Float64Array} input
 */
function pass(layers, input) {
  /** @type {Float64Array[]} */
  const sums = [];
  /** @type {Float64Array[]} */
  const outputs = [];
  for (const layer of layers) {
    const weighted = sumsOf(layer, outputs.at(-1) ?? input);
    sums.push(weighted);
    outputs.push(ACTIVATIONS[layer.activation](weighted));
  }
  return { sums, outputs };
}

/**
 * The weighted sums plus biases of a layer's nodes.
 *
 * @param {Layer} layer
 * @param {Float64Array} input
 */
export function sumsOf({ inputs, weights, biases }, input) {
  return Float64Array.from(biases, (bias, node) => {
    let sum = bias;
    for (let i = 0, at = node * inputs; i < inputs; i++, at++) sum += weights[at] * input[i];
    return sum;
  });
}

/**
 * The gradient by a layer's inputs, from that by its sums.
 *
 * @param {Layer} layer
 * @param {Float64Array} delta
 */
function backward({ inputs, weights }, delta) {
  const gradient = new Float64Array(inputs);
  delta.forEach((share, node) => {
    if (share === 0) return;
    for (let i = 0, at = node * inputs; i < inputs; i++, at++) gradient[i] += share * weights[at];
  });
  return gradient;
}

/**
 * @param {any} numbers  A layer as `/model/network` has it.
 * @returns {Layer}
 */
function layerOf({ inputs, nodes, activation, weights, biases }) {
  const layer = { inputs, nodes, activation, weights: floats(weights), biases: floats(biases) };
  if (!ACTIVATIONS[activation]) throw new Error(`This page does not know the activation ${activation}.`);
  return layer;
}

/** @param {string} base64  32-bit floats, little-endian, as every processor that runs a browser has them. */
function floats(base64) {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  // A plain loop: this is most of a megabyte, while somebody wants to draw.
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}
