// The answer: in words in the status region, and as a bar per class.

import { classNames, nameOf, noneOfThem, withArticle } from "../recognition/classes.js";
import { create, find, writeName } from "./elements.js";

/** @typedef {import("../recognition/recognizer.js").Answer} Answer */

/** From this probability on, an unsure answer is not a choice between two classes. */
const FAR_AHEAD = 0.8;

/** The status region is announced when it changes. The bars are a table and are not. */
const status = find("[role=status]", HTMLElement);
const table = find(".bars tbody", HTMLTableSectionElement);

/**
 * Shows a sentence that is not an answer, and therefore has no digit character.
 *
 * @param {string} sentence
 * @param {"message" | "error"} kind
 */
export function showMessage(sentence, kind = "message") {
  if (status.textContent?.trim() !== sentence) show(kind, "", sentence);
  clearRows();
}

/** Makes an empty row for each class. */
export function showClasses() {
  const rows = classNames().map((name) => {
    const header = create("th", { scope: "row" });
    writeName(header, name);
    return create("tr", {}, header, create("td", { className: "bar" }), create("td", { className: "value" }));
  });
  table.replaceChildren(...rows);
  table.parentElement?.classList.toggle("named", table.querySelector(".word") !== null);
}

/** @param {Answer} answer */
export function showAnswer(answer) {
  const local = answer.local ? " The service is unavailable; recognized in the browser." : "";
  if (answer.certain === false) {
    show("unsure", `${nameOf(answer.digit)}?`, doubtOf(answer) + local);
  } else {
    const confidence = percent(answer.confidence).replace(">", "more than");
    show("answer", nameOf(answer.digit), `The network is ${confidence} sure.${local}`);
  }
  fillRows(answer);
}

/**
 * Shows the answer for an unfinished drawing in the numeral and the bars. It is visible but not announced.
 *
 * @param {Answer | null} answer  Null before the first answer.
 */
export function showLiveAnswer(answer) {
  const words = answer?.local
    ? "The service is unavailable; recognizing in the browser."
    : "Press Send when you are done.";
  if (status.dataset.kind !== "live") {
    show("live", "", words);
    clearRows();
  }
  if (!answer) return;
  const [numeral, sentence] = /** @type {Iterable<HTMLElement>} */ (status.children);
  writeName(numeral, answer.certain === false ? `${nameOf(answer.digit)}?` : nameOf(answer.digit));
  if (sentence.textContent !== words) sentence.textContent = words;
  fillRows(answer);
}

/** @param {Answer} answer */
function fillRows({ digit, probabilities }) {
  [...table.rows].forEach((row, index) => fillRow(row, probabilities[index] ?? null, index === digit));
}

function clearRows() {
  for (const row of table.rows) fillRow(row, null, false);
}

/**
 * @param {"message" | "error" | "live" | "unsure" | "answer"} kind
 * @param {string} name
 * @param {string} sentence
 */
function show(kind, name, sentence) {
  // "4? Not sure: perhaps a 4 or a 9" is clear when seen, but confusing when read aloud.
  const numeral = create("span", { className: "numeral", ariaHidden: kind === "answer" ? null : "true" });
  writeName(numeral, name);
  status.dataset.kind = kind;
  status.replaceChildren(numeral, " ", create("span", { className: "words", textContent: sentence }));
}

/**
 * @param {HTMLTableRowElement} row
 * @param {number | null} probability
 * @param {boolean} chosen
 */
function fillRow(row, probability, chosen) {
  const [, bar, value] = row.cells;
  row.classList.toggle("chosen", chosen);
  bar.style.setProperty("--fraction", String(probability ?? 0));
  value.textContent = probability === null ? "" : percent(probability);
}

/**
 * Explains an unsure answer: two classes are likely, or the drawing may belong to none.
 *
 * @param {Answer} answer
 */
function doubtOf(answer) {
  const [first, second] = likeliest(answer).map((index) => withArticle(index).replace(" ", "\u00a0"));
  if (answer.confidence < FAR_AHEAD) return `Not sure: perhaps ${first} or ${second}.`;
  return `Not sure: perhaps ${first}, or ${noneOfThem()}.`;
}

/**
 * Returns the answer's class and the likeliest of the others.
 *
 * @param {Answer} answer
 */
function likeliest({ digit, probabilities }) {
  const others = probabilities.map((_, other) => other).filter((other) => other !== digit);
  return [digit, others.reduce((best, other) => (probabilities[other] > probabilities[best] ? other : best))];
}

/**
 * Formats a probability with one decimal. Rounding never yields 0 % or 100 %, which softmax does not reach.
 *
 * @param {number} probability
 */
export function percent(probability) {
  if (probability >= 0.9995) return "> 99.9 %";
  if (probability > 0 && probability < 0.0005) return "< 0.1 %";
  return `${(probability * 100).toFixed(1)} %`;
}
