// Which keys are held, from the keyboard and from buttons on the screen; a short tap counts for one step.

import { DOWN, JUMP, LEFT, RIGHT } from "./physics.js";

const KEYS = {
  ArrowLeft: LEFT,
  KeyA: LEFT,
  ArrowRight: RIGHT,
  KeyD: RIGHT,
  ArrowUp: JUMP,
  KeyW: JUMP,
  Space: JUMP,
  ArrowDown: DOWN,
  KeyS: DOWN,
};

export class Input {
  constructor(buttons) {
    this.held = new Map(); // what holds it down -> the key
    this.tapped = 0;
    addEventListener("keydown", (event) => this.down(event));
    addEventListener("keyup", (event) => this.held.delete(event.code));
    addEventListener("blur", () => this.held.clear());
    for (const button of buttons) this.watch(button);
  }

  // The keys of the next step.
  take() {
    let keys = this.tapped;
    this.tapped = 0;
    for (const key of this.held.values()) keys |= key;
    return keys;
  }

  down(event) {
    const key = KEYS[event.code];
    if (!key || !this.active || isTyping(event.target)) return;
    event.preventDefault();
    if (!event.repeat) this.press(event.code, key);
  }

  press(what, key) {
    this.held.set(what, key);
    this.tapped |= key;
  }

  watch(button) {
    const key = { left: LEFT, right: RIGHT, jump: JUMP }[button.dataset.key];
    button.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      button.setPointerCapture(event.pointerId);
      this.press(event.pointerId, key);
      button.dataset.held = "true";
    });
    const release = (event) => {
      this.held.delete(event.pointerId);
      delete button.dataset.held;
    };
    button.addEventListener("pointerup", release);
    button.addEventListener("pointercancel", release);
    button.addEventListener("contextmenu", (event) => event.preventDefault());
  }
}

function isTyping(target) {
  return target instanceof HTMLInputElement && target.type === "text";
}
