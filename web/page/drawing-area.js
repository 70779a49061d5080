// The drawing area: pointer events become strokes, and strokes are painted on the canvas. The canvas is for display
// only; the image that is sent is made from the strokes, in rasterize.js.

import { beginningOf } from "./handwriting.js";

/** @typedef {import("../recognition/rasterize.js").Stroke} Stroke */

/** The width and height of the area in the units of its strokes, whatever its size on the screen. */
export const AREA_SIZE = 280;
const PEN_WIDTH = 15;

export class DrawingArea {
  /** The drawing. During a replay it is already complete. @type {Stroke[]} */
  strokes = [];

  #canvas;
  #context;
  #onChange;
  /**
   * The stroke under the pen, its pointer, and the redo stack from before it.
   *
   * @type {{ pointer: number, stroke: Stroke, redoStack: Stroke[][] } | null}
   */
  #active = null;
  /** A drawing that is being replayed; times in milliseconds. @type {{ start: number, duration: number, part: number } | null} */
  #replay = null;
  #frame = 0;
  /** @type {Stroke[][]} */
  #undoStack = [];
  /** @type {Stroke[][]} */
  #redoStack = [];

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(visible: readonly Stroke[]) => void} onChange  Called at every change, and at every frame of a replay.
   */
  constructor(canvas, onChange) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.#onChange = onChange;
    canvas.addEventListener("pointerdown", (event) => this.#penDown(event));
    canvas.addEventListener("pointermove", (event) => this.#penMove(event));
    canvas.addEventListener("pointerup", (event) => this.#penUp(event));
    canvas.addEventListener("pointercancel", (event) => this.#cancelStroke(event));
    // The pen may be lifted where no event comes from, for instance behind a dialog.
    canvas.addEventListener("lostpointercapture", (event) => this.#penUp(event));
    // Zooming and rotating change the canvas's resolution; the color scheme changes the color of the ink.
    window.addEventListener("resize", () => this.#repaint());
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#repaint());
    this.#repaint();
  }

  clear() {
    if (this.strokes.length > 0) this.replay([], 0);
    else this.#changed();
  }

  /** The visible part of the drawing: all of it, except during a replay. */
  get visible() {
    return this.#replay ? beginningOf(this.strokes, this.#replay.part) : this.strokes;
  }

  get canUndo() {
    return this.#undoStack.length > 0;
  }

  get canRedo() {
    return this.#redoStack.length > 0;
  }

  /** Undoes the last stroke, clearing or replayed drawing. */
  undo() {
    this.#restore(this.#undoStack, this.#redoStack);
  }

  redo() {
    this.#restore(this.#redoStack, this.#undoStack);
  }

  /**
   * Replaces the drawing by these strokes, point after point as if written by hand.
   *
   * @param {Stroke[]} strokes
   * @param {number} duration  In milliseconds; 0 shows them at once.
   */
  replay(strokes, duration) {
    this.#saveForUndo();
    this.#active = null;
    this.#replay = duration > 0 ? { start: performance.now(), duration, part: 0 } : null;
    this.strokes = strokes;
    this.#changed();
  }

  /** Ends the stroke under the pen, and completes a replay. */
  finish() {
    this.#active = null;
    if (!this.#replay) return;
    this.#replay = null;
    this.#changed();
  }

  /** To be called before a change. Every change makes a new list, so that the saved one stays as it is. */
  #saveForUndo() {
    this.#undoStack.push(this.strokes);
    this.#redoStack = [];
  }

  /**
   * @param {Stroke[][]} from
   * @param {Stroke[][]} to
   */
  #restore(from, to) {
    const strokes = from.pop();
    if (!strokes) return;
    to.push(this.strokes);
    this.#active = null;
    this.#replay = null;
    this.strokes = strokes;
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #penDown(event) {
    // A second finger on the canvas draws nothing; a finger beside the canvas does not block the first one on it.
    // The right mouse button and a pen's eraser have other button numbers.
    if (this.#active || event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    const redoStack = this.#redoStack;
    this.#saveForUndo();
    if (this.#replay) {
      this.#replay = null;
      this.strokes = [];
    }
    const stroke = [this.#pointOf(event)];
    this.#active = { pointer: event.pointerId, stroke, redoStack };
    this.strokes = [...this.strokes, stroke];
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #penMove(event) {
    if (this.#active?.pointer !== event.pointerId) return;
    // A pen moves several times between two frames. Events made by a script have no such list.
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length > 0 ? moves : [event]) this.#active.stroke.push(this.#pointOf(move));
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #penUp(event) {
    if (this.#active?.pointer === event.pointerId) this.#active = null;
  }

  /**
   * Removes the stroke: the system took the pointer (a call, a gesture, a palm), so it was not meant.
   *
   * @param {PointerEvent} event
   */
  #cancelStroke(event) {
    if (this.#active?.pointer !== event.pointerId) return;
    this.#redoStack = this.#active.redoStack;
    this.#active = null;
    this.strokes = this.#undoStack.pop() ?? [];
    this.#changed();
  }

  /**
   * The pen's position, clamped to the area: only visible ink is sent.
   *
   * @param {PointerEvent} event
   * @returns {import("../recognition/rasterize.js").Point}
   */
  #pointOf(event) {
    const box = this.#canvas.getBoundingClientRect();
    const scale = AREA_SIZE / box.width;
    const clamp = (/** @type {number} */ value) => Math.min(AREA_SIZE, Math.max(0, value * scale));
    return [clamp(event.clientX - box.left), clamp(event.clientY - box.top)];
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
    const replay = this.#replay;
    if (replay) {
      replay.part = Math.max(0, (now - replay.start) / replay.duration);
      if (replay.part >= 1) this.#replay = null;
      this.#onChange(this.visible);
    }

    const canvas = this.#canvas;
    const size = Math.round(canvas.clientWidth * window.devicePixelRatio);
    canvas.width = size; // Setting it also clears the canvas.
    canvas.height = size;
    const context = this.#context;
    context.scale(size / AREA_SIZE, size / AREA_SIZE);
    context.lineWidth = PEN_WIDTH;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.strokeStyle = context.fillStyle = getComputedStyle(canvas).color;
    for (const stroke of this.visible) paintStroke(context, stroke);
    if (this.#replay) this.#repaint();
  }
}

/**
 * Paints a smooth line: quadratic curves between the midpoints of the segments, with the points as control points.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke} stroke
 */
function paintStroke(context, stroke) {
  const [startX, startY] = stroke[0];
  const [endX, endY] = stroke[stroke.length - 1];
  // A canvas paints nothing for a line without length, but a tap must leave a dot.
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
