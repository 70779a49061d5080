// The preview: the 28 × 28 pixels that the network receives.

import { find } from "./elements.js";
import { paint } from "./picture.js";

const preview = find("#preview", HTMLCanvasElement);
/** The same picture in the section "Look inside". */
const inputs = find("#inputs", HTMLCanvasElement);

/** @param {ArrayLike<number> | null} input  From 0 for paper to 1 for ink; null if there is no drawing. */
export function showPreview(input) {
  preview.ariaLabel = input ? "The drawing as the network sees it, 28 by 28 pixels" : "Nothing is drawn yet";
  paint(preview, input, 1);
  paint(inputs, input, 1);
}
