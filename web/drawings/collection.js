// The section "Your drawings": the drawings sent from this browser, their answers and the user's corrections.

import { create, find } from "../page/elements.js";
import { pictureOf } from "../page/picture.js";
import { classNames, nameOf, readsDigits, withArticle } from "../recognition/classes.js";
import { inkStrokes } from "../recognition/rasterize.js";
import { FileError, fromJsonLines, toIdxImages, toIdxLabels, toJsonLines } from "./files.js";
import { Store } from "./store.js";

/** @typedef {import("./store.js").Drawing} Drawing */

const MAX_SHOWN = 60;
const MAX_FILE_SIZE = 64 * 2 ** 20; // bytes: about ten thousand drawings

const list = find("#drawings", HTMLElement);
const note = find("#drawings-note", HTMLElement);
const fileInput = find("#import-file", HTMLInputElement);
const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".drawings .actions button"));

export class Collection {
  /** Oldest first. @type {Drawing[]} */
  drawings = [];

  #store;
  #open;
  /** The cards on the page. @type {Map<Drawing, HTMLElement>} */
  #cards = new Map();

  /**
   * @param {Store} store
   * @param {(drawing: Drawing) => void} open  Puts a drawing into the drawing area.
   */
  constructor(store, open) {
    this.#store = store;
    this.#open = open;
    onClick("confirm-all", () => this.#confirmAll());
    onClick("export-lines", () => download("drawings.jsonl", toJsonLines(this.drawings)));
    onClick("export-idx", () => {
      download("drawings-images-idx3-ubyte", toIdxImages(this.drawings));
      // A second download at the same time would replace the first.
      setTimeout(() => download("drawings-labels-idx1-ubyte", toIdxLabels(this.drawings)), 300);
    });
    onClick("import", () => fileInput.click());
    onClick("delete-all", () => this.#deleteAll());
    fileInput.addEventListener("change", () => this.#import());
    // Another tab may have added or deleted some.
    document.addEventListener("visibilitychange", () => document.hidden || this.#change(async () => {}));
  }

  /**
   * @param {(drawing: Drawing) => void} open
   * @returns {Promise<Collection | null>} Null if the browser has no storage, as in some private windows.
   */
  static async load(open) {
    try {
      const collection = new Collection(await openStore(), open);
      await collection.#reload();
      return collection;
    } catch {
      note.textContent = "Storage is not available in this browser, so drawings are not saved.";
      return null;
    }
  }

  /** Switches to the drawings of the present classes, after another model was loaded. */
  changeClasses() {
    return this.#change(async () => {
      this.#store = await openStore();
      this.drawings = [];
    });
  }

  /**
   * @param {import("../recognition/rasterize.js").Stroke[]} strokes
   * @param {number} answer
   */
  add(strokes, answer) {
    const drawing = { strokes, answer, label: null, time: new Date().toISOString() };
    return this.#change(() => this.#store.add([drawing]), "The storage of this browser is full; the drawing was not saved.");
  }

  /**
   * @param {() => Promise<unknown>} act
   * @param {string} failure  The message if the browser refuses.
   */
  async #change(act, failure = "The change could not be saved.") {
    try {
      await act();
      await this.#reload();
    } catch {
      note.textContent = failure;
    }
  }

  async #reload() {
    const stored = await this.#store.all();
    // Known drawings keep their identity, on which their cards and cached features depend.
    const known = new Map(this.drawings.map((drawing) => [drawing.id, drawing]));
    this.drawings = stored.map((drawing) => Object.assign(known.get(drawing.id) ?? drawing, { label: drawing.label }));
    this.#showCards();
    const count = this.drawings.length;
    const summary = count === 0 ? "Nothing yet." : `${count} ${count === 1 ? "drawing" : "drawings"}.`;
    note.textContent = `${summary} Drawings stay in this browser.`;
    for (const button of buttons) button.disabled = count === 0 && button.id !== "import";
  }

  /** Reuses the cards of known drawings, so that the keyboard focus and a screen reader stay where they are. */
  #showCards() {
    const newest = this.drawings.slice(-MAX_SHOWN).reverse();
    const cards = new Map(newest.map((drawing) => [drawing, this.#cards.get(drawing) ?? this.#createCard(drawing)]));
    list.classList.toggle("named", !readsDigits());
    for (const [drawing, card] of this.#cards) if (!cards.has(drawing)) card.remove();
    [...cards].forEach(([drawing, card], index) => {
      if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
      const correct = drawing.label === drawing.answer;
      card.className = drawing.label === null ? "" : correct ? "correct" : "wrong";
      const select = /** @type {HTMLSelectElement} */ (card.querySelector("select"));
      select.value = drawing.label === null ? "" : String(drawing.label);
    });
    this.#cards = cards;
  }

  /** @param {Drawing} drawing */
  #createCard(drawing) {
    const redraw = create(
      "button",
      { type: "button", className: "redraw", ariaLabel: `Draw this again, read as ${withArticle(drawing.answer)}` },
      pictureOf("", inkStrokes(drawing.strokes), 255),
    );
    redraw.addEventListener("click", () => this.#open(drawing));

    const answer = `Read as ${nameOf(drawing.answer)}`;
    const options = classNames().map((name, index) => new Option(name, String(index)));
    const select = create("select", {}, new Option("…", ""), ...options);
    select.addEventListener("change", () => {
      const corrected = { ...drawing, label: select.value === "" ? null : Number(select.value) };
      return this.#change(() => this.#store.update([corrected]));
    });

    const remove = create("button", { type: "button", className: "delete", textContent: "Delete" });
    const card = create(
      "li",
      {},
      redraw,
      create("p", { textContent: answer, title: answer }),
      create("label", {}, readsDigits() ? "That was a" : "That was", select),
      remove,
    );
    remove.addEventListener("click", async () => {
      const next = card.nextElementSibling ?? card.previousElementSibling;
      await this.#change(() => this.#store.delete(/** @type {number} */ (drawing.id)));
      // A keyboard user can go on with the next card.
      /** @type {HTMLElement | null} */ (next?.querySelector(".delete") ?? document.querySelector("#import"))?.focus();
    });
    return card;
  }

  #confirmAll() {
    const unlabeled = this.drawings.filter(({ label }) => label === null);
    return this.#change(() => this.#store.update(unlabeled.map((drawing) => ({ ...drawing, label: drawing.answer }))));
  }

  async #deleteAll() {
    if (!window.confirm("Delete all drawings? This cannot be undone.")) return;
    await this.#change(() => this.#store.clear());
  }

  async #import() {
    const [file] = fileInput.files ?? [];
    if (!file) return;
    try {
      if (file.size > MAX_FILE_SIZE) throw new FileError("The file is larger than 64 MB; nothing was imported.");
      const drawings = fromJsonLines(await file.text());
      await this.#store.add(drawings);
      await this.#reload();
      note.textContent = `${drawings.length} imported. ${note.textContent}`;
    } catch (error) {
      note.textContent = error instanceof FileError ? error.message : "The drawings could not be saved; nothing was imported.";
    }
    fileInput.value = "";
  }
}

function openStore() {
  return Store.open(readsDigits() ? "" : classNames().join());
}

/**
 * @param {string} name
 * @param {BlobPart} content
 */
function download(name, content) {
  // A type for which no browser adds an extension to the name.
  const blob = new Blob([content], { type: "application/octet-stream" });
  const link = create("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * @param {string} id
 * @param {() => void} act
 */
function onClick(id, act) {
  find(`#${id}`, HTMLButtonElement).addEventListener("click", act);
}
