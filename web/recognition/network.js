// The network of the service's model: to show its nodes, and to recognize drawings while the service is unavailable.

import { momentNormalize } from "./moments.js";

/** @typedef {import("./service.js").Answer} Answer */
/** @typedef {{ inputs: number, nodes: number, activation: string, weights: Float32Array, biases: Float32Array }} Layer */
/** @typedef {(sums: Float64Array) => Float64Array} Activation */

/** In milliseconds; the response has most of a megabyte, which takes time on a slow connection. */
const TIMEOUT = 60_000;

/** @type {Record<string, Activation>} */
const ACTIVATIONS = {
  identity: (sums) => sums,
  relu: (sums) => sums.map((sum) => Math.max(0, sum)),
  "leaky-relu": (sums) => sums.map((sum) => (sum > 0 ? sum : 0.01 * sum)),
  tanh: (sums) => sums.map(Math.tanh),
  sigmoid: (sums) => sums.map((sum) => 1 / (1 + Math.exp(-sum))),
  softmax: (sums) => {
    const max = sums.reduce((a, b) => Math.max(a, b));
    const powers = sums.map((sum) => Math.exp(sum - max));
    const total = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / total);
  },
};

/** The derivative of each hidden activation, from its output. @type {Record<string, (output: number) => number>} */
const DERIVATIVES = {
  identity: () => 1,
  relu: (output) => (output > 0 ? 1 : 0),
  "leaky-relu": (output) => (output > 0 ? 1 : 0.01),
  tanh: (output) => 1 - output * output,
  sigmoid: (output) => output * (1 - output),
};

/**
 * The values of all nodes for one image.
 *
 * @typedef {object} ForwardPass
 * @property {Float64Array} input  The features, normalized if the model was trained so.
 * @property {Float64Array[]} sums  Of each layer, before the activation.
 * @property {Float64Array[]} outputs  Of each layer, after the activation.
 */

export class Network {
  /**
   * @param {object} document
   * @param {string} document.sha256
   * @param {string[]} document.classes  The name of each output.
   * @param {boolean} document.moments
   * @param {Layer[]} document.layers
   * @param {{ layers: Layer[], threshold: number } | null} document.certainty
   */
  constructor({ sha256, classes, moments, layers, certainty }) {
    this.sha256 = sha256;
    this.classes = classes;
    this.moments = moments;
    this.layers = layers;
    this.certainty = certainty;
    const [{ inputs, nodes, weights }] = layers;
    /** The weights of each node of the first layer: views of the layer's array. */
    this.nodeWeights = Array.from({ length: nodes }, (_, node) => weights.subarray(node * inputs, (node + 1) * inputs));
  }

  static async load() {
    const response = await fetch("./model/network", { signal: AbortSignal.timeout(TIMEOUT) });
    if (!response.ok) throw new Error(`model/network must answer with status 200, got ${response.status}.`);
    return Network.from(await response.json());
  }

  /** @param {any} document  The response of `GET /model/network`. */
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
   * The network's input for an image: 784 values from 0 to 1, moment-normalized if the model was trained so.
   *
   * @param {Uint8Array} image  784 bytes.
   */
  features(image) {
    const values = Float64Array.from(image, (ink) => ink / 255);
    return this.moments ? momentNormalize(values) : values;
  }

  /**
   * @param {Uint8Array} image  784 bytes.
   * @returns {ForwardPass}
   */
  forward(image) {
    const input = this.features(image);
    return { input, ...forwardLayers(this.layers, input) };
  }

  /**
   * The answer of the service to the same image.
   *
   * @param {ForwardPass} pass
   * @returns {Answer}
   */
  predict({ sums, outputs }) {
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
   * The gradient of an output's sum with respect to the outputs of a layer, or to the inputs.
   *
   * @param {ForwardPass} pass
   * @param {number} output
   * @param {number} layer  From 0; -1 for the inputs.
   */
  gradient({ outputs }, output, layer) {
    const last = this.layers.length - 1;
    const { weights, inputs } = this.layers[last];
    let gradient = Float64Array.from(weights.subarray(output * inputs, (output + 1) * inputs));
    for (let at = last - 1; at > layer; at--) {
      const derivative = DERIVATIVES[this.layers[at].activation];
      const delta = gradient.map((value, node) => value * derivative(outputs[at][node]));
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
    const score = forwardLayers(this.certainty.layers, Float64Array.from(values)).outputs.at(-1)?.[0] ?? 0;
    return score >= this.certainty.threshold;
  }
}

/**
 * @param {Layer[]} layers
 * @param {Float64Array} input
 */
function forwardLayers(layers, input) {
  /** @type {Float64Array[]} */
  const sums = [];
  /** @type {Float64Array[]} */
  const outputs = [];
  for (const layer of layers) {
    const weighted = weightedSums(layer, outputs.at(-1) ?? input);
    sums.push(weighted);
    outputs.push(ACTIVATIONS[layer.activation](weighted));
  }
  return { sums, outputs };
}

/**
 * @param {Layer} layer
 * @param {Float64Array} input
 */
function weightedSums({ inputs, weights, biases }, input) {
  return Float64Array.from(biases, (bias, node) => {
    let sum = bias;
    for (let i = 0, at = node * inputs; i < inputs; i++, at++) sum += weights[at] * input[i];
    return sum;
  });
}

/**
 * The gradient with respect to a layer's inputs, from the gradient with respect to its sums.
 *
 * @param {Layer} layer
 * @param {Float64Array} delta
 */
function backward({ inputs, weights }, delta) {
  const gradient = new Float64Array(inputs);
  delta.forEach((value, node) => {
    if (value === 0) return;
    for (let i = 0, at = node * inputs; i < inputs; i++, at++) gradient[i] += value * weights[at];
  });
  return gradient;
}

/**
 * @param {any} document  A layer of `GET /model/network`.
 * @returns {Layer}
 */
function layerOf({ inputs, nodes, activation, weights, biases }) {
  if (!ACTIVATIONS[activation]) throw new Error(`activation must be known to this page, got ${activation}.`);
  return { inputs, nodes, activation, weights: floats(weights), biases: floats(biases) };
}

/** @param {string} base64  32-bit floats, little-endian, like those of every processor that runs a browser. */
function floats(base64) {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  // A plain loop is fastest: most of a megabyte is decoded while the user may be drawing.
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}
