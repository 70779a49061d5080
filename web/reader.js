// Who reads a drawing: the service, or this page itself with the same network while the service is away.

import { nameOf } from "./classes.js";
import { GRID } from "./ink.js";
import { Network } from "./network.js";
import { encodePng } from "./png.js";
import { AwayError, predict } from "./service.js";

/** @typedef {import("./service.js").Answer} Answer */

export class Reader {
  /** The network with the numbers of the service's model, as soon as they are here. @type {Network | null} */
  network = null;

  #onNetwork;
  /** @type {Promise<void> | null} */
  #loading = null;

  /** @param {() => void} onNetwork  Called when the network is there, or has become another one. */
  constructor(onNetwork) {
    this.#onNetwork = onNetwork;
  }

  /** Fetches the network, if it can be had. */
  load() {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  /**
   * @param {Uint8Array} image  784 bytes.
   * @returns {Promise<Answer & { alone?: boolean }>} `alone`: the page has answered without the service.
   * @throws {import("./service.js").ServiceError}
   */
  async read(image) {
    try {
      const answer = await predict(encodePng(image, GRID, GRID));
      // Another model is served than when this page was opened, or it could not be had then.
      if (answer.model_sha256 && answer.model_sha256 !== this.network?.sha256) {
        const loaded = this.load();
        // One of other classes: until their names are here, its answer would be called by a wrong one.
        if (answer.label !== undefined && answer.label !== nameOf(answer.digit)) await loaded;
      }
      return answer;
    } catch (error) {
      if (!(error instanceof AwayError) || !this.network) throw error;
      return { ...this.network.answer(this.network.read(image)), alone: true };
    }
  }

  async #load() {
    try {
      const network = await Network.load();
      if (network.sha256 === this.network?.sha256) return;
      this.network = network;
      this.#onNetwork();
    } catch {
      // Then there is nothing to look into, and nobody but the service to read.
    }
  }
}
