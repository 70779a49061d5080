// The classes that the model tells apart: the ten digits, or other classes by name; and the page's words for them.

const DIGITS = [..."0123456789"];

/** In the order of the network's outputs. */
let names = DIGITS;

/** @param {string[]} classes */
export function setClasses(classes) {
  names = classes;
}

export function classNames() {
  return names;
}

export function readsDigits() {
  return names.length === DIGITS.length && names.every((name, index) => name === DIGITS[index]);
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

/** The object of "Draw …". */
export function somethingToDraw() {
  return readsDigits() ? "a digit" : "something";
}

/** The words for a drawing of no known class. */
export function noneOfThem() {
  return readsDigits() ? "no digit at all" : "none of these";
}
