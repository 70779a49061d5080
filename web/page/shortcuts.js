// Keyboard shortcuts: the keyboard does everything that the buttons do.

/**
 * @param {object} actions
 * @param {() => void} actions.send
 * @param {() => void} actions.clear
 * @param {() => void} actions.undo
 * @param {() => void} actions.redo
 * @param {(digit: number) => void} actions.drawDigit
 */
export function listenToKeys({ send, clear, undo, redo, drawDigit }) {
  document.addEventListener("keydown", (event) => {
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    action();
  });

  /** @param {KeyboardEvent} event */
  function actionOf(event) {
    const { key } = event;
    if (event.altKey || (event.target instanceof Element && event.target.matches("select"))) return null;
    if (event.ctrlKey || event.metaKey) {
      if (key.toLowerCase() === "z") return event.shiftKey ? redo : undo;
      return key.toLowerCase() === "y" ? redo : null;
    }
    // A key that is held down must not send the same drawing thirty times a second.
    if (event.repeat) return null;
    if (/^[0-9]$/.test(key)) return () => drawDigit(Number(key));
    if (key === "Delete" || key === "Backspace") return clear;
    // Enter on a button or a link activates it.
    if (key === "Enter" && !(event.target instanceof Element && event.target.closest("button, a"))) return send;
    return null;
  }
}
