// Finds and creates elements of the page.

/**
 * Returns the first element that the selector matches.
 *
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 * @throws {TypeError} If there is none, or it is of another type.
 */
export function find(selector, type) {
  const element = document.querySelector(selector);
  if (element instanceof type) return element;
  throw new TypeError(`${selector} must match a ${type.name}, got ${element}.`);
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function create(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * Writes the name of a class. A digit is set large; a word would not fit, so it gets the class `word`.
 *
 * @param {HTMLElement} element
 * @param {string} name
 */
export function writeName(element, name) {
  element.textContent = name;
  element.classList.toggle("word", name.length > 2);
}
