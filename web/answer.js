// The answer in words, for the eye and the ear, and the probabilities as bars.

import { classNames, nameOf, nothing, withArticle, write } from "./classes.js";

/** @typedef {import("./service.js").Answer} Answer */

/** Above this probability, it is not the other classes that leave a doubt. */
const FAR_AHEAD = 0.8;

/** The status region. Only its changes are read aloud; the bars are a table to look things up in. */
const status = /** @type {HTMLElement} */ (document.querySelector("[role=status]"));
const table = /** @type {HTMLTableSectionElement} */ (document.querySelector(".bars tbody"));

/**
 * A word to the person: no answer, and so without any digit character.
 *
 * @param {string} sentence
 * @param {"message" | "trouble"} kind
 */
export function say(sentence, kind = "message") {
  if (status.textContent?.trim() !== sentence) show(kind, "", sentence);
  clearRows();
}

/** A row for each class; whatever answer was there is no more. */
export function showClasses() {
  const rows = classNames().map((name) => {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    write(head, name);
    const [bar, value] = ["bar", "value"].map((kind) => {
      const cell = document.createElement("td");
      cell.className = kind;
      return cell;
    });
    row.append(head, bar, value);
    return row;
  });
  table.replaceChildren(...rows);
  table.parentElement?.classList.toggle("named", table.querySelector(".word") !== null);
}

/** @param {Answer & { alone?: boolean }} answer */
export function showAnswer(answer) {
  const alone = answer.alone ? " The service is away; this page has read it by itself." : "";
  if (answer.certain === false) {
    show("unsure", `${nameOf(answer.digit)}?`, doubtOf(answer) + alone);
  } else {
    const share = percent(answer.confidence).replace(">", "more than");
    show("answer", nameOf(answer.digit), `The network is ${share} sure.${alone}`);
  }
  fillRows(answer);
}

/**
 * What the drawing looks like so far: to be seen, in the numeral and the bars, but not to be read aloud at every move.
 *
 * @param {(Answer & { alone?: boolean }) | null} answer  Null: nobody has answered yet.
 */
export function showLive(answer) {
  const words = answer?.alone ? "The service is away; this page reads by itself." : "Press Send when it is done.";
  if (status.dataset.kind !== "live") {
    show("live", "", words);
    clearRows();
  }
  if (!answer) return;
  const [numeral, sentence] = /** @type {Iterable<HTMLElement>} */ (status.children);
  write(numeral, answer.certain === false ? `${nameOf(answer.digit)}?` : nameOf(answer.digit));
  if (sentence.textContent !== words) sentence.textContent = words;
  fillRows(answer);
}

/** @param {Answer} answer */
function fillRows({ digit, probabilities }) {
  [...table.rows].forEach((row, place) => fillRow(row, probabilities[place] ?? null, place === digit));
}

function clearRows() {
  for (const row of table.rows) fillRow(row, null, false);
}

/**
 * @param {"message" | "trouble" | "live" | "unsure" | "answer"} kind
 * @param {string} numeral
 * @param {string} sentence
 */
function show(kind, numeral, sentence) {
  const large = document.createElement("span");
  large.className = "numeral";
  write(large, numeral);
  const words = document.createElement("span");
  words.className = "words";
  words.textContent = sentence;
  // "4? Not sure: perhaps a 4 or a 9" is clear to see and a muddle to hear.
  large.ariaHidden = kind === "answer" ? null : "true";
  status.dataset.kind = kind;
  status.replaceChildren(large, " ", words);
}

/**
 * @param {HTMLTableRowElement} row
 * @param {number | null} probability
 * @param {boolean} chosen
 */
function fillRow(row, probability, chosen) {
  const [, bar, value] = row.cells;
  row.classList.toggle("chosen", chosen);
  bar.style.setProperty("--share", String(probability ?? 0));
  value.textContent = probability === null ? "" : percent(probability);
}

/**
 * Why it is not sure: two are likely, or, where one is far ahead, the drawing may be none of what it has learned.
 *
 * @param {Answer} answer
 */
function doubtOf(answer) {
  const [first, second] = likeliest(answer).map((index) => withArticle(index).replace(" ", "\u00a0"));
  if (answer.confidence < FAR_AHEAD) return `Not sure: perhaps ${first} or ${second}.`;
  return `Not sure: perhaps ${first}, or ${nothing()}.`;
}

/**
 * The recognized digit, and of the others the likeliest.
 *
 * @param {Answer} answer
 */
function likeliest({ digit, probabilities }) {
  const others = probabilities.map((_, other) => other).filter((other) => other !== digit);
  return [digit, others.reduce((best, other) => (probabilities[other] > probabilities[best] ? other : best))];
}

/**
 * One decimal, but never a certainty that rounding alone has made: softmax knows none, and a share of 1 is a rounded one.
 *
 * @param {number} share  From 0 to 1.
 */
export function percent(share) {
  if (share >= 0.9995) return "> 99.9 %";
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  return `${(share * 100).toFixed(1)} %`;
}
