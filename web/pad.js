// The sheet to draw on: pointer events become strokes, and strokes become visible ink. What is shown is for the eye
// only; the image that is sent is made from the strokes, in ink.js.

import { partOf } from "./hands.js";

/** @typedef {import("./ink.js").Stroke} Stroke */

/** Strokes are kept in units of a canvas this wide and high, however large it is on the screen. */
export const PAD_SIZE = 280;
const PEN_WIDTH = 15;

export class Pad {
  /** The drawing. While a digit is being written, already the whole of it. @type {Stroke[]} */
  strokes = [];

  #canvas;
  #context;
  #onChange;
  /**
   * The stroke under the pen, which pointer draws it, and what could be redone before.
   *
   * @type {{ pointer: number, stroke: Stroke, future: Stroke[][] } | null}
   */
  #drawing = null;
  /** A digit that is being written: times in milliseconds. @type {{ start: number, duration: number, part: number } | null} */
  #writing = null;
  #frame = 0;
  /** What the drawing was before each change, and what undoing took away. @type {Stroke[][]} */
  #past = [];
  /** @type {Stroke[][]} */
  #future = [];

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(visible: readonly Stroke[]) => void} onChange  Called whenever the drawing becomes another one, and at
   *   every frame while a digit is being written.
   */
  constructor(canvas, onChange) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.#onChange = onChange;
    canvas.addEventListener("pointerdown", (event) => this.#penDown(event));
    canvas.addEventListener("pointermove", (event) => this.#penMove(event));
    canvas.addEventListener("pointerup", (event) => this.#penUp(event));
    canvas.addEventListener("pointercancel", (event) => this.#takeBack(event));
    // Where the pen was lifted unseen, as behind a dialog, the stroke has come to its end as well.
    canvas.addEventListener("lostpointercapture", (event) => this.#penUp(event));
    // Zooming and turning the device change how many pixels the canvas has; a theme changes the color of the ink.
    window.addEventListener("resize", () => this.#repaint());
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#repaint());
    this.#repaint();
  }

  clear() {
    if (this.strokes.length > 0) this.#replace([], 0);
    else this.#changed();
  }

  /** What is to be seen of the drawing: all of it, unless it is just being written. */
  get visible() {
    return this.#writing ? partOf(this.strokes, this.#writing.part) : this.strokes;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Takes back the last stroke, the clearing, or the digit that was written. */
  undo() {
    this.#travel(this.#past, this.#future);
  }

  redo() {
    this.#travel(this.#future, this.#past);
  }

  /**
   * Draws these strokes instead of what is there, point after point as a hand would.
   *
   * @param {Stroke[]} strokes
   * @param {number} duration  In milliseconds; 0 shows them at once.
   */
  write(strokes, duration) {
    this.#replace(strokes, duration);
  }

  /** Ends the stroke under the pen, and shows the whole of a digit that is still being written. */
  finish() {
    this.#drawing = null;
    if (!this.#writing) return;
    this.#writing = null;
    this.#changed();
  }

  /**
   * @param {Stroke[]} strokes
   * @param {number} duration
   */
  #replace(strokes, duration) {
    this.#remember();
    this.#drawing = null;
    this.#writing = duration > 0 ? { start: performance.now(), duration, part: 0 } : null;
    this.strokes = strokes;
    this.#changed();
  }

  /** The drawing is about to become another one. Every change makes a new list, so that this one stays what it is. */
  #remember() {
    this.#past.push(this.strokes);
    this.#future = [];
  }

  /**
   * @param {Stroke[][]} from
   * @param {Stroke[][]} to
   */
  #travel(from, to) {
    const strokes = from.pop();
    if (!strokes) return;
    to.push(this.strokes);
    this.#drawing = null;
    this.#writing = null;
    this.strokes = strokes;
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #penDown(event) {
    // A second finger draws nothing, but a first one does while a thumb holds the tablet beside the sheet. The right
    // button and a pen's eraser are other buttons.
    if (this.#drawing || event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    const future = this.#future;
    this.#remember();
    if (this.#writing) {
      this.#writing = null;
      this.strokes = [];
    }
    const stroke = [this.#pointOf(event)];
    this.#drawing = { pointer: event.pointerId, stroke, future };
    this.strokes = [...this.strokes, stroke];
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #penMove(event) {
    if (this.#drawing?.pointer !== event.pointerId) return;
    // Between two frames a pen moves several times. Events made by a script have no such list.
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length > 0 ? moves : [event]) this.#drawing.stroke.push(this.#pointOf(move));
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #penUp(event) {
    if (this.#drawing?.pointer === event.pointerId) this.#drawing = null;
  }

  /**
   * The system took the pointer away (a call, a gesture, a palm): the stroke was not meant.
   *
   * @param {PointerEvent} event
   */
  #takeBack(event) {
    if (this.#drawing?.pointer !== event.pointerId) return;
    this.#future = this.#drawing.future;
    this.#drawing = null;
    this.strokes = this.#past.pop() ?? [];
    this.#changed();
  }

  /**
   * Where the pen is, kept on the sheet: what cannot be seen is not sent.
   *
   * @param {PointerEvent} event
   * @returns {import("./ink.js").Point}
   */
  #pointOf(event) {
    const box = this.#canvas.getBoundingClientRect();
    const scale = PAD_SIZE / box.width;
    const onSheet = (/** @type {number} */ value) => Math.min(PAD_SIZE, Math.max(0, value * scale));
    return [onSheet(event.clientX - box.left), onSheet(event.clientY - box.top)];
  }

  #changed() {
    this.#repaint();
    this.#onChange(this.visible);
  }

  #repaint() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame((now) => this.#paint(now));
  }

  /** @param {number} now */
  #paint(now) {
    const writing = this.#writing;
    if (writing) {
      writing.part = Math.max(0, (now - writing.start) / writing.duration);
      if (writing.part >= 1) this.#writing = null;
      this.#onChange(this.visible);
    }

    const canvas = this.#canvas;
    const size = Math.round(canvas.clientWidth * window.devicePixelRatio);
    canvas.width = size; // Setting it, even to what it was, also clears the canvas.
    canvas.height = size;
    const context = this.#context;
    context.scale(size / PAD_SIZE, size / PAD_SIZE);
    context.lineWidth = PEN_WIDTH;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.strokeStyle = context.fillStyle = getComputedStyle(canvas).color;
    for (const stroke of this.visible) paintStroke(context, stroke);
    if (this.#writing) this.#repaint();
  }
}

/**
 * A smooth line: curves from the middle of one segment to the middle of the next, bent toward the point between.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke} stroke
 */
function paintStroke(context, stroke) {
  const [startX, startY] = stroke[0];
  const [endX, endY] = stroke[stroke.length - 1];
  // A canvas shows nothing of a line without length, but a tap shall leave a dot.
  context.beginPath();
  context.arc(startX, startY, PEN_WIDTH / 2, 0, 2 * Math.PI);
  context.fill();
  context.beginPath();
  context.moveTo(startX, startY);
  for (let i = 1; i < stroke.length - 1; i++) {
    const [x, y] = stroke[i];
    const [nextX, nextY] = stroke[i + 1];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  context.lineTo(endX, endY);
  context.stroke();
}
