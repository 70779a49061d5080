// The drawings that this browser keeps, in IndexedDB: here and nowhere else.

/**
 * @typedef {object} Kept
 * @property {number} [id]  Given by the store.
 * @property {import("./ink.js").Stroke[]} strokes
 * @property {number} answer  What the network said.
 * @property {number | null} label  What it was, if the person has said.
 * @property {string} time  ISO 8601.
 */

const DATABASE = "inknet";
const DRAWINGS = "drawings";

export class Store {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** @param {string} classes  Of models of other classes than digits: each kind has drawings of its own. */
  static async open(classes) {
    const request = indexedDB.open(classes ? `${DATABASE} ${classes}` : DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(DRAWINGS, { keyPath: "id", autoIncrement: true });
    return new Store(await resultOf(request));
  }

  /** Oldest first. @returns {Promise<Kept[]>} */
  all() {
    return this.#do("readonly", (drawings) => drawings.getAll());
  }

  /**
   * Keeps all of these or, if one cannot be kept, none.
   *
   * @param {Kept[]} drawings
   */
  async add(drawings) {
    const transaction = this.#database.transaction(DRAWINGS, "readwrite");
    for (const drawing of drawings) transaction.objectStore(DRAWINGS).add(drawing);
    await finished(transaction);
  }

  /** @param {Kept[]} drawings  Each with its id. */
  async change(drawings) {
    const transaction = this.#database.transaction(DRAWINGS, "readwrite");
    for (const drawing of drawings) transaction.objectStore(DRAWINGS).put(drawing);
    await finished(transaction);
  }

  /** @param {number} id */
  delete(id) {
    return this.#do("readwrite", (drawings) => drawings.delete(id));
  }

  clear() {
    return this.#do("readwrite", (drawings) => drawings.clear());
  }

  /**
   * @template Result
   * @param {IDBTransactionMode} mode
   * @param {(drawings: IDBObjectStore) => IDBRequest<Result>} act
   */
  async #do(mode, act) {
    const transaction = this.#database.transaction(DRAWINGS, mode);
    const request = act(transaction.objectStore(DRAWINGS));
    await finished(transaction);
    return request.result;
  }
}

/**
 * @template Result
 * @param {IDBRequest<Result>} request
 * @returns {Promise<Result>}
 */
function resultOf(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/**
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
function finished(transaction) {
  return new Promise((done, failed) => {
    transaction.oncomplete = () => done();
    transaction.onabort = transaction.onerror = () => failed(transaction.error);
  });
}
