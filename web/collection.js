// Your drawings: what was sent from this browser, what it was read as, and what it was.

import { classNames, nameOf, readsDigits, withArticle } from "./classes.js";
import { fromJsonLines, toIdxImages, toIdxLabels, toJsonLines } from "./files.js";
import { inkStrokes } from "./ink.js";
import { pictureOf } from "./picture.js";
import { Store } from "./store.js";

/** @typedef {import("./store.js").Kept} Kept */

const MOST_SHOWN = 60;

const list = /** @type {HTMLElement} */ (document.querySelector("#kept"));
const note = /** @type {HTMLElement} */ (document.querySelector("#kept-note"));
const file = /** @type {HTMLInputElement} */ (document.querySelector("#import-file"));
const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".yours .actions button"));

export class Collection {
  /** Oldest first. @type {Kept[]} */
  drawings = [];

  #store;
  #open;

  /**
   * @param {Store} store
   * @param {(drawing: Kept) => void} open  Puts a drawing onto the sheet again.
   */
  constructor(store, open) {
    this.#store = store;
    this.#open = open;
    this.#on("confirm-all", () => this.#confirmAll());
    this.#on("export-lines", () => this.#export("drawings.jsonl", toJsonLines(this.drawings)));
    this.#on("export-idx", () => {
      this.#export("drawings-images-idx3-ubyte", toIdxImages(this.drawings));
      // A second download at once would take the place of the first.
      setTimeout(() => this.#export("drawings-labels-idx1-ubyte", toIdxLabels(this.drawings)), 300);
    });
    this.#on("import", () => file.click());
    this.#on("delete-all", () => this.#deleteAll());
    file.addEventListener("change", () => this.#import());
  }

  /**
   * @param {(drawing: Kept) => void} open
   * @returns {Promise<Collection | null>} Null where the browser keeps nothing, as some do in private windows.
   */
  static async load(open) {
    try {
      const collection = new Collection(await Store.open(readsDigits() ? "" : classNames().join()), open);
      await collection.#reload();
      return collection;
    } catch {
      note.textContent = "This browser keeps nothing here, so what you send is not kept.";
      return null;
    }
  }

  /**
   * @param {import("./ink.js").Stroke[]} strokes
   * @param {number} answer
   */
  async keep(strokes, answer) {
    try {
      await this.#store.add([{ strokes, answer, label: null, time: new Date().toISOString() }]);
    } catch {
      note.textContent = "This browser has no room for another drawing.";
      return;
    }
    await this.#reload();
  }

  async #reload() {
    this.drawings = await this.#store.all();
    const newest = this.drawings.slice(-MOST_SHOWN).reverse();
    list.replaceChildren(...newest.map((drawing) => this.#card(drawing)));
    const count = this.drawings.length;
    note.textContent =
      count === 0
        ? "Nothing yet: what you send is kept here, in this browser and nowhere else."
        : `${count} ${count === 1 ? "drawing" : "drawings"}, kept in this browser and nowhere else.`;
    for (const button of buttons) button.disabled = count === 0 && button.id !== "import";
  }

  /** @param {Kept} drawing */
  #card(drawing) {
    const card = document.createElement("li");
    const wrong = drawing.label !== null && drawing.label !== drawing.answer;
    card.className = drawing.label === null ? "" : wrong ? "wrong" : "right";

    const again = document.createElement("button");
    again.type = "button";
    again.className = "again";
    again.ariaLabel = `Draw this again, read as ${withArticle(drawing.answer)}`;
    again.append(pictureOf("", inkStrokes(drawing.strokes), 255));
    again.addEventListener("click", () => this.#open(drawing));

    const label = document.createElement("label");
    const select = document.createElement("select");
    select.append(new Option("…", ""), ...classNames().map((name, index) => new Option(name, String(index))));
    select.value = drawing.label === null ? "" : String(drawing.label);
    select.addEventListener("change", async () => {
      await this.#store.change([{ ...drawing, label: select.value === "" ? null : Number(select.value) }]);
      await this.#reload();
    });
    label.append(readsDigits() ? "That was a" : "That was", select);

    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "remove";
    remove.textContent = "Delete";
    remove.addEventListener("click", async () => {
      await this.#store.delete(/** @type {number} */ (drawing.id));
      await this.#reload();
    });

    const read = document.createElement("p");
    read.textContent = `Read as ${nameOf(drawing.answer)}`;
    card.append(again, read, label, remove);
    return card;
  }

  async #confirmAll() {
    const open = this.drawings.filter(({ label }) => label === null);
    await this.#store.change(open.map((drawing) => ({ ...drawing, label: drawing.answer })));
    await this.#reload();
  }

  async #deleteAll() {
    if (!window.confirm("Delete all your drawings? There is no way back, unless you have exported them.")) return;
    await this.#store.clear();
    await this.#reload();
  }

  async #import() {
    const [chosen] = file.files ?? [];
    if (!chosen) return;
    try {
      const drawings = fromJsonLines(await chosen.text());
      await this.#store.add(drawings);
      await this.#reload();
      note.textContent = `${drawings.length} imported. ${note.textContent}`;
    } catch (error) {
      note.textContent = error instanceof Error ? error.message : "The file could not be read.";
    }
    file.value = "";
  }

  /**
   * @param {string} name
   * @param {BlobPart} content
   */
  #export(name, content) {
    const link = document.createElement("a");
    // Of no type that a browser would put a name's ending to.
    link.href = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /**
   * @param {string} id
   * @param {() => void} act
   */
  #on(id, act) {
    /** @type {HTMLButtonElement} */ (document.querySelector(`#${id}`)).addEventListener("click", act);
  }
}
