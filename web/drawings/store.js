// The drawings that this browser stores, in IndexedDB.

/**
 * @typedef {object} Drawing
 * @property {number} [id]  Assigned by the database.
 * @property {import("../recognition/rasterize.js").Stroke[]} strokes
 * @property {number} answer  The recognized class.
 * @property {number | null} label  The class according to the user; null until it is corrected or confirmed.
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

  /** @param {string} classes  Empty for digits. Each set of classes has a database of its own. */
  static async open(classes) {
    const request = indexedDB.open(classes ? `${DATABASE} ${classes}` : DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(DRAWINGS, { keyPath: "id", autoIncrement: true });
    return new Store(await resultOf(request));
  }

  /** Oldest first. @returns {Promise<Drawing[]>} */
  all() {
    return this.#run("readonly", (drawings) => drawings.getAll());
  }

  /**
   * Adds all drawings or, if one fails, none.
   *
   * @param {Drawing[]} drawings
   */
  async add(drawings) {
    const transaction = this.#database.transaction(DRAWINGS, "readwrite");
    for (const drawing of drawings) transaction.objectStore(DRAWINGS).add(drawing);
    await completionOf(transaction);
  }

  /**
   * Updates all drawings or, if one fails, none.
   *
   * @param {Drawing[]} drawings  With their ids.
   */
  async update(drawings) {
    const transaction = this.#database.transaction(DRAWINGS, "readwrite");
    for (const drawing of drawings) transaction.objectStore(DRAWINGS).put(drawing);
    await completionOf(transaction);
  }

  /** @param {number} id */
  delete(id) {
    return this.#run("readwrite", (drawings) => drawings.delete(id));
  }

  clear() {
    return this.#run("readwrite", (drawings) => drawings.clear());
  }

  /**
   * @template Result
   * @param {IDBTransactionMode} mode
   * @param {(drawings: IDBObjectStore) => IDBRequest<Result>} act
   */
  async #run(mode, act) {
    const transaction = this.#database.transaction(DRAWINGS, mode);
    const request = act(transaction.objectStore(DRAWINGS));
    await completionOf(transaction);
    return request.result;
  }
}

/**
 * @template Result
 * @param {IDBRequest<Result>} request
 * @returns {Promise<Result>}
 */
function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
function completionOf(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}
