// Small sounds made on the spot; silent until the player asks for them.

const SOUNDS = {
  jump: [["square", 280, 560, 0, 0.12, 0.05]],
  land: [["sine", 150, 70, 0, 0.1, 0.12]],
  ring: [["sine", 1180, 1180, 0, 0.09, 0.07], ["sine", 1570, 1570, 0.06, 0.2, 0.07]],
  spring: [["triangle", 220, 980, 0, 0.28, 0.14]],
  boost: [["sawtooth", 160, 720, 0, 0.3, 0.05]],
  hit: [["sawtooth", 320, 70, 0, 0.28, 0.08]],
  splash: [["triangle", 420, 60, 0, 0.35, 0.12]],
  checkpoint: [["triangle", 660, 660, 0, 0.1, 0.1], ["triangle", 990, 990, 0.09, 0.22, 0.1]],
  beep: [["square", 440, 440, 0, 0.12, 0.05]],
  go: [["square", 880, 880, 0, 0.4, 0.06]],
  finish: [
    ["triangle", 523, 523, 0, 0.16, 0.12],
    ["triangle", 659, 659, 0.13, 0.16, 0.12],
    ["triangle", 784, 784, 0.26, 0.16, 0.12],
    ["triangle", 1047, 1047, 0.39, 0.5, 0.12],
  ],
};

export class Sound {
  constructor(button) {
    this.on = localStorage.getItem("rush.sound") === "on";
    this.button = button;
    button.addEventListener("click", () => this.toggle());
    this.show();
  }

  toggle() {
    this.on = !this.on;
    localStorage.setItem("rush.sound", this.on ? "on" : "off");
    this.show();
    this.play("ring");
  }

  show() {
    this.button.setAttribute("aria-pressed", String(this.on));
    this.button.setAttribute("aria-label", this.on ? "Sound is on" : "Sound is off");
  }

  play(name) {
    if (!this.on) return;
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") this.context.resume();
    for (const [type, from, to, delay, seconds, loud] of SOUNDS[name]) {
      const start = this.context.currentTime + delay;
      const [voice, volume] = [this.context.createOscillator(), this.context.createGain()];
      voice.type = type;
      voice.frequency.setValueAtTime(from, start);
      voice.frequency.exponentialRampToValueAtTime(to, start + seconds);
      volume.gain.setValueAtTime(loud, start);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
      voice.connect(volume).connect(this.context.destination);
      voice.start(start);
      voice.stop(start + seconds);
    }
  }
}
