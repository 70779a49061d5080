// Recognizes images: with the service, or in the page with the same network while the service is unavailable.

import { nameOf } from "./classes.js";
import { Network } from "./network.js";
import { encodePng } from "./png.js";
import { GRID } from "./rasterize.js";
import { predict, UnavailableError } from "./service.js";

/** @typedef {import("./service.js").Answer & { local?: boolean }} Answer  `local`: the page computed it itself. */

export class Recognizer {
  /** The network of the service's model, once it is loaded. @type {Network | null} */
  network = null;

  #onNetwork;
  /** @type {Promise<void> | null} */
  #loading = null;

  /** @param {() => void} onNetwork  Called when the network is loaded or replaced. */
  constructor(onNetwork) {
    this.#onNetwork = onNetwork;
  }

  /** Loads the network, if the service has one to give. */
  load() {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  /**
   * @param {Uint8Array} image  784 bytes.
   * @returns {Promise<Answer>}
   * @throws {import("./service.js").ServiceError}
   */
  async recognize(image) {
    try {
      const answer = await predict(encodePng(image, GRID, GRID));
      // The service has another model than the page, or the page has none yet.
      if (answer.model_sha256 && answer.model_sha256 !== this.network?.sha256) {
        const loaded = this.load();
        // A model of other classes: wait for their names, or the answer would be shown under a wrong one.
        if (answer.label !== undefined && answer.label !== nameOf(answer.digit)) await loaded;
      }
      return answer;
    } catch (error) {
      if (!(error instanceof UnavailableError) || !this.network) throw error;
      return { ...this.network.predict(this.network.forward(image)), local: true };
    }
  }

  async #load() {
    try {
      const network = await Network.load();
      if (network.sha256 === this.network?.sha256) return;
      this.network = network;
      this.#onNetwork();
    } catch {
      // Without the network the page shows no nodes and relies on the service.
    }
  }
}
