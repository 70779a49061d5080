// Recognition while the pen moves: one request at a time, always for the newest image, so that answers stay in order.

/** @template Image, Answer */
export class LiveRecognition {
  #recognize;
  #onAnswer;
  #onError;
  /** The next image to recognize. @type {{ image: Image } | null} */
  #pending = null;
  #running = false;
  /** Incremented by `cancel`; an answer to a request of an earlier generation is dropped. */
  #generation = 0;

  /**
   * @param {(image: Image) => Promise<Answer>} recognize
   * @param {(answer: Answer) => void} onAnswer
   * @param {(error: unknown) => void} onError
   */
  constructor(recognize, onAnswer, onError) {
    this.#recognize = recognize;
    this.#onAnswer = onAnswer;
    this.#onError = onError;
  }

  /**
   * Recognizes this image next: at once, or after the request in flight. Images in between are skipped.
   *
   * @param {Image} image
   */
  request(image) {
    this.#pending = { image };
    if (!this.#running) void this.#run();
  }

  /** Drops the pending image and the answer of the request in flight. */
  cancel() {
    this.#pending = null;
    this.#generation++;
  }

  async #run() {
    this.#running = true;
    while (this.#pending) {
      const { image } = this.#pending;
      const generation = this.#generation;
      this.#pending = null;
      try {
        const answer = await this.#recognize(image);
        if (generation === this.#generation) this.#onAnswer(answer);
      } catch (error) {
        if (generation === this.#generation) this.#onError(error);
      }
    }
    this.#running = false;
  }
}
