// The client of the REST service. Every failure becomes one sentence that tells the user what to do.

/**
 * @typedef {object} Answer
 * @property {number} digit  The index of the class.
 * @property {string} [label]  The name of the class.
 * @property {number} confidence  From 0 to 1.
 * @property {number[]} probabilities  One per class.
 * @property {boolean} [certain]  False when the service is unsure.
 * @property {string} [model_sha256]  The hash of the model that answered.
 */

const TIMEOUT = 10_000; // milliseconds

const SENTENCES = new Map([
  [400, "The service found no digit in the drawing."],
  [413, "The drawing is too large for the service."],
  [429, "The service is busy. Try again in a moment."],
  [502, "The service is unavailable. Try again in a moment."],
  [503, "The service is not ready. Try again in a moment."],
  [504, "The service is unavailable. Try again in a moment."],
]);

/** The message is a sentence for the page. It contains no digit character, which would look like an answer. */
export class ServiceError extends Error {}

/** The service cannot be reached or is not ready; a later request may succeed. */
export class UnavailableError extends ServiceError {}

/**
 * @param {Uint8Array<ArrayBuffer>} png
 * @returns {Promise<Answer>}
 * @throws {ServiceError}
 */
export async function predict(png) {
  const response = await post(png);
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    const ErrorType = [502, 503, 504].includes(response.status) ? UnavailableError : ServiceError;
    throw new ErrorType(sentenceFor(response.status, body));
  }
  if (!isAnswer(body)) throw new ServiceError("The service sent an answer that this page cannot read.");
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
    const timedOut = error instanceof DOMException && error.name === "TimeoutError";
    const sentence = timedOut ? "The service did not answer in time." : "The service is unavailable. Is it running?";
    throw new UnavailableError(sentence);
  }
}

/**
 * Returns the problem's detail (RFC 9457), or the page's sentence for the status if the detail is missing or has digits.
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
 * @param {any} body  Unvalidated JSON.
 * @returns {body is Answer}
 */
function isAnswer(body) {
  const isProbability = (/** @type {unknown} */ value) => typeof value === "number" && value >= 0 && value <= 1;
  return (
    isProbability(body?.confidence) &&
    Array.isArray(body.probabilities) &&
    body.probabilities.every(isProbability) &&
    Number.isInteger(body.digit) &&
    body.digit >= 0 &&
    body.digit < body.probabilities.length
  );
}
