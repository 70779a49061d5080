// Your drawings: what was sent from this browser, what it was read as, and what it was.

import { classNames, nameOf, readsDigits, withArticle } from "./classes.js";
import { FileError, fromJsonLines, toIdxImages, toIdxLabels, toJsonLines } from "./files.js";
import { inkStrokes } from "./ink.js";
import { pictureOf } from "./picture.js";
import { Store } from "./store.js";

/** @typedef {import("./store.js").Kept} Kept */

const MOST_SHOWN = 60;
const LARGEST_FILE = 64 * 2 ** 20; // bytes: some ten thousand drawings

const list = /** @type {HTMLElement} */ (document.querySelector("#kept"));
const note = /** @type {HTMLElement} */ (document.querySelector("#kept-note"));
const file = /** @type {HTMLInputElement} */ (document.querySelector("#import-file"));
const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".yours .actions button"));

export class Collection {
  /** Oldest first. @type {Kept[]} */
  drawings = [];

  #store;
  #open;
  /** The cards on the page. @type {Map<Kept, HTMLElement>} */
  #cards = new Map();

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
    // Another tab may have kept or deleted some.
    document.addEventListener("visibilitychange", () => document.hidden || this.#change(async () => {}));
  }

  /**
   * @param {(drawing: Kept) => void} open
   * @returns {Promise<Collection | null>} Null where the browser keeps nothing, as some do in private windows.
   */
  static async load(open) {
    try {
      const collection = new Collection(await openStore(), open);
      await collection.#reload();
      return collection;
    } catch {
      note.textContent = "This browser keeps nothing here, so what you send is not kept.";
      return null;
    }
  }

  /** The model is one of other classes now, and those have drawings of their own. */
  changeClasses() {
    return this.#change(async () => {
      this.#store = await openStore();
      this.drawings = [];
    });
  }

  /**
   * @param {import("./ink.js").Stroke[]} strokes
   * @param {number} answer
   */
  keep(strokes, answer) {
    const kept = { strokes, answer, label: null, time: new Date().toISOString() };
    return this.#change(() => this.#store.add([kept]), "This browser has no room for another drawing.");
  }

  /**
   * @param {() => Promise<unknown>} act
   * @param {string} failed  What to say when the browser refuses.
   */
  async #change(act, failed = "This browser would not keep that change.") {
    try {
      await act();
      await this.#reload();
    } catch {
      note.textContent = failed;
    }
  }

  async #reload() {
    const stored = await this.#store.all();
    // What was here stays the same object, so that its card and what is known of its strokes stay, too.
    const known = new Map(this.drawings.map((drawing) => [drawing.id, drawing]));
    this.drawings = stored.map((drawing) => Object.assign(known.get(drawing.id) ?? drawing, { label: drawing.label }));
    this.#showCards();
    const count = this.drawings.length;
    note.textContent =
      count === 0
        ? "Nothing yet: what you send is kept here, in this browser and nowhere else."
        : `${count} ${count === 1 ? "drawing" : "drawings"}, kept in this browser and nowhere else.`;
    for (const button of buttons) button.disabled = count === 0 && button.id !== "import";
  }

  /** A card that stays is not made anew: whoever is in it, by keyboard or by ear, stays in it. */
  #showCards() {
    const newest = this.drawings.slice(-MOST_SHOWN).reverse();
    const cards = new Map(newest.map((drawing) => [drawing, this.#cards.get(drawing) ?? this.#card(drawing)]));
    list.classList.toggle("named", !readsDigits());
    for (const [drawing, card] of this.#cards) if (!cards.has(drawing)) card.remove();
    [...cards].forEach(([drawing, card], at) => {
      if (list.children[at] !== card) list.insertBefore(card, list.children[at] ?? null);
      const wrong = drawing.label !== null && drawing.label !== drawing.answer;
      card.className = drawing.label === null ? "" : wrong ? "wrong" : "right";
      const select = /** @type {HTMLSelectElement} */ (card.querySelector("select"));
      select.value = drawing.label === null ? "" : String(drawing.label);
    });
    this.#cards = cards;
  }

  /** @param {Kept} drawing */
  #card(drawing) {
    const card = document.createElement("li");

    const again = document.createElement("button");
    again.type = "button";
    again.className = "again";
    again.ariaLabel = `Draw this again, read as ${withArticle(drawing.answer)}`;
    again.append(pictureOf("", inkStrokes(drawing.strokes), 255));
    again.addEventListener("click", () => this.#open(drawing));

    const label = document.createElement("label");
    const select = document.createElement("select");
    select.append(new Option("…", ""), ...classNames().map((name, index) => new Option(name, String(index))));
    select.addEventListener("change", () => {
      const corrected = { ...drawing, label: select.value === "" ? null : Number(select.value) };
      return this.#change(() => this.#store.change([corrected]));
    });
    label.append(readsDigits() ? "That was a" : "That was", select);

    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "remove";
    remove.textContent = "Delete";
    remove.addEventListener("click", async () => {
      const next = card.nextElementSibling ?? card.previousElementSibling;
      await this.#change(() => this.#store.delete(/** @type {number} */ (drawing.id)));
      // Whoever deletes one after the other by keyboard need not begin anew.
      /** @type {HTMLElement | null} */ (next?.querySelector(".remove") ?? document.querySelector("#import"))?.focus();
    });

    const read = document.createElement("p");
    read.textContent = read.title = `Read as ${nameOf(drawing.answer)}`;
    card.append(again, read, label, remove);
    return card;
  }

  #confirmAll() {
    const open = this.drawings.filter(({ label }) => label === null);
    return this.#change(() => this.#store.change(open.map((drawing) => ({ ...drawing, label: drawing.answer }))));
  }

  async #deleteAll() {
    if (!window.confirm("Delete all your drawings? There is no way back, unless you have exported them.")) return;
    await this.#change(() => this.#store.clear());
  }

  async #import() {
    const [chosen] = file.files ?? [];
    if (!chosen) return;
    try {
      if (chosen.size > LARGEST_FILE) throw new FileError("The file is too large: more than 64 MB; nothing was imported.");
      const drawings = fromJsonLines(await chosen.text());
      await this.#store.add(drawings);
      await this.#reload();
      note.textContent = `${drawings.length} imported. ${note.textContent}`;
    } catch (error) {
      const said = error instanceof FileError ? error.message : "This browser could not keep them; nothing was imported.";
      note.textContent = said;
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

function openStore() {
  return Store.open(readsDigits() ? "" : classNames().join());
}
