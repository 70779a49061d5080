// The recognizer's REST service. Whatever goes wrong becomes one sentence that a person can act on.

/**
 * @typedef {object} Answer
 * @property {number} digit  Of a model of other classes, which of them, from 0.
 * @property {string} [label]  Its name.
 * @property {number} confidence  From 0 to 1.
 * @property {number[]} probabilities  Of each class.
 * @property {boolean} [certain]  False when the service would rather not commit itself.
 * @property {string} [model_sha256]  The hash of the model that has answered.
 */

const TIMEOUT = 10_000; // milliseconds

const SENTENCES = new Map([
  [400, "The service found no digit in the drawing."],
  [413, "The drawing is too large for the service."],
  [429, "The service is busy. Try again in a moment."],
  [502, "The service is away. Try again in a moment."],
  [503, "The service is not ready. Try again in a moment."],
  [504, "The service is away. Try again in a moment."],
]);

/** The message is a sentence for the page, without any digit character: a digit there would look like an answer. */
export class ServiceError extends Error {}

/** The service cannot be reached, or is not up: it may be another time. */
export class AwayError extends ServiceError {}

/**
 * @param {Uint8Array<ArrayBuffer>} png
 * @returns {Promise<Answer>}
 * @throws {ServiceError}
 */
export async function predict(png) {
  const response = await post(png);
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    const Kind = [502, 503, 504].includes(response.status) ? AwayError : ServiceError;
    throw new Kind(sentenceFor(response.status, body));
  }
  if (!isAnswer(body)) throw new ServiceError("The service gave an answer that this page does not understand.");
  return body;
}

/** @param {Uint8Array<ArrayBuffer>} png */
async function post(png) {
  try {
    return await fetch("./predict", {
      method: "POST",
      headers: { "Content-Type": "image/png", Accept: "application/json, application/problem+json" },
      body: png,
      signal: AbortSignal.timeout(TIMEOUT),
    });
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new AwayError(late ? "The service took too long to answer." : "The service is away. Is it running?");
  }
}

/**
 * The problem's own sentence (RFC 9457), or ours for the status where it has none or one with figures in it.
 *
 * @param {number} status
 * @param {{ detail?: unknown } | null} problem
 * @returns {string}
 */
function sentenceFor(status, problem) {
  const detail = problem?.detail;
  if (typeof detail === "string" && /^\D+$/.test(detail)) return detail;
  return SENTENCES.get(status) ?? "The service could not read the drawing.";
}

/**
 * @param {any} body  JSON from the network: anything.
 * @returns {body is Answer}
 */
function isAnswer(body) {
  const isShare = (/** @type {unknown} */ value) => typeof value === "number" && value >= 0 && value <= 1;
  return (
    isShare(body?.confidence) &&
    Array.isArray(body.probabilities) &&
    body.probabilities.every(isShare) &&
    Number.isInteger(body.digit) &&
    body.digit >= 0 &&
    body.digit < body.probabilities.length
  );
}
