// What the model tells apart: the ten digits, or other classes by their names; and the page's words for them.

const DIGITS = [..."0123456789"];

/** In the order of the network's outputs. */
let names = DIGITS;

export function readsDigits() {
  return names.length === DIGITS.length && names.every((name, index) => name === DIGITS[index]);
}

/** Of how many, and what each is called. */
export function classNames() {
  return names;
}

/** @param {number} index */
export function nameOf(index) {
  return names[index] ?? String(index);
}

/** @param {number} index */
export function withArticle(index) {
  if (!readsDigits()) return nameOf(index);
  return index === 8 ? "an 8" : `a ${index}`;
}

/** What there is to draw. */
export function thing() {
  return readsDigits() ? "a digit" : "something";
}

/** What a drawing may be that is none of what the network has learned. */
export function nothing() {
  return readsDigits() ? "no digit at all" : "none of these";
}

/**
 * A name as large as there is room for: a digit fills its place, a word does not fit into it.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
export function write(element, text) {
  element.textContent = text;
  element.classList.toggle("word", text.length > 2);
}

/**
 * The model has these classes: the page shows what belongs to such a model, and hides what does not.
 *
 * @param {string[]} classes
 */
export function setClasses(classes) {
  names = classes;
  const kind = readsDigits() ? "digits" : "others";
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-for]"))) {
    element.hidden = element.dataset.for !== kind;
  }
  /** @type {HTMLElement} */ (document.querySelector("#names")).textContent = names.join(", ");
}
