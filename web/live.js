// Reading while the pen moves: one question at a time, always about the newest drawing, so that no answer comes after a
// newer one.

/**
 * @template Drawing, Answer
 */
export class Live {
  #ask;
  #show;
  #fail;
  /** What waits to be asked about. @type {{ drawing: Drawing } | null} */
  #wanted = null;
  #asking = false;
  /** Counts how often what had been asked was no longer of interest. */
  #forgotten = 0;

  /**
   * @param {(drawing: Drawing) => Promise<Answer>} ask
   * @param {(answer: Answer) => void} show
   * @param {(error: unknown) => void} fail
   */
  constructor(ask, show, fail) {
    this.#ask = ask;
    this.#show = show;
    this.#fail = fail;
  }

  /**
   * The drawing has become this one. It is asked about at once, or else as soon as the answer that is awaited is there;
   * what was drawn in between is left out.
   *
   * @param {Drawing} drawing
   */
  follow(drawing) {
    this.#wanted = { drawing };
    if (!this.#asking) void this.#run();
  }

  /** Nothing asked so far is of interest any more. */
  forget() {
    this.#wanted = null;
    this.#forgotten++;
  }

  async #run() {
    this.#asking = true;
    while (this.#wanted) {
      const { drawing } = this.#wanted;
      const before = this.#forgotten;
      this.#wanted = null;
      try {
        const answer = await this.#ask(drawing);
        if (before === this.#forgotten) this.#show(answer);
      } catch (error) {
        if (before === this.#forgotten) this.#fail(error);
      }
    }
    this.#asking = false;
  }
}
