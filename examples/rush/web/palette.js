// Colours: one set for each sky that a level may name, and one for each seat.

export const SKIES = {
  meadow: {
    sky: ["#3aa7f0", "#8fd6fb", "#e9f8ff", "#fff6dc"],
    light: { x: 0.78, y: 0.2, radius: 0.075, colour: "#fffbe6", glow: "255, 244, 190" },
    clouds: ["#ffffff", 0.9],
    hills: [
      { near: 0.06, base: 0.62, height: 0.2, rough: 1, top: "#b6dcf2", bottom: "#d8eefb", kind: "peaks" },
      { near: 0.16, base: 0.7, height: 0.14, rough: 0.6, top: "#84cfb0", bottom: "#bfe7c3", kind: "hills" },
      { near: 0.32, base: 0.8, height: 0.13, rough: 0.8, top: "#52b788", bottom: "#95d5a5", kind: "woods" },
    ],
    tree: ["#3b9a68", "#2f8259"],
    top: ["#8ee24f", "#4fb83a"],
    edge: "#c8f58a",
    earth: ["#b9773f", "#8a4f2b", "#5f3420"],
    pebble: "rgba(255, 214, 160, 0.22)",
    water: ["rgba(92, 200, 245, 0.82)", "rgba(24, 98, 190, 0.95)"],
    foam: "rgba(255, 255, 255, 0.85)",
    dust: "#fff4d6",
    decor: "meadow",
  },
  dunes: {
    sky: ["#ff7e6b", "#ffac73", "#ffd699", "#fff1cf"],
    light: { x: 0.7, y: 0.4, radius: 0.14, colour: "#fff3c4", glow: "255, 226, 150" },
    clouds: ["#fff0e1", 0.66],
    hills: [
      { near: 0.06, base: 0.64, height: 0.2, rough: 1, top: "#d98b8b", bottom: "#f3b798", kind: "mesas" },
      { near: 0.16, base: 0.72, height: 0.12, rough: 0.4, top: "#e79a63", bottom: "#f5c083", kind: "hills" },
      { near: 0.32, base: 0.82, height: 0.13, rough: 0.4, top: "#cf7a45", bottom: "#e9a464", kind: "hills" },
    ],
    tree: ["#5d9a5b", "#477d4b"],
    top: ["#ffe09a", "#f2bd62"],
    edge: "#fff3c9",
    earth: ["#d98a4e", "#a85a37", "#6b3527"],
    pebble: "rgba(255, 226, 170, 0.25)",
    water: ["rgba(255, 196, 110, 0.9)", "rgba(201, 92, 58, 0.97)"],
    foam: "rgba(255, 246, 214, 0.9)",
    dust: "#ffe9bd",
    decor: "dunes",
  },
  aurora: {
    sky: ["#0a1033", "#16235f", "#2f3f8f", "#6a6fc0"],
    light: { x: 0.22, y: 0.19, radius: 0.05, colour: "#fdfbff", glow: "200, 215, 255" },
    clouds: ["#8ca0e6", 0.2],
    stars: true,
    curtains: [
      ["60, 255, 180", "90, 120, 255"],
      ["70, 220, 255", "190, 90, 255"],
    ],
    hills: [
      { near: 0.05, base: 0.64, height: 0.27, rough: 1.2, top: "#5666b5", bottom: "#41509c", kind: "snow" },
      { near: 0.15, base: 0.74, height: 0.15, rough: 1, top: "#33428f", bottom: "#2b377c", kind: "peaks" },
      { near: 0.32, base: 0.84, height: 0.1, rough: 0.7, top: "#1f2b68", bottom: "#1b2459", kind: "pines" },
    ],
    tree: ["#1b2860", "#16204f"],
    top: ["#ffffff", "#c5dcff"],
    edge: "#ffffff",
    earth: ["#6e80c8", "#46549c", "#272f68"],
    pebble: "rgba(205, 220, 255, 0.16)",
    water: ["rgba(70, 120, 215, 0.85)", "rgba(16, 26, 84, 0.97)"],
    foam: "rgba(190, 225, 255, 0.9)",
    dust: "#ffffff",
    decor: "aurora",
  },
};

export const SEATS = [
  { body: "#ff5d62", dark: "#d13a48", scarf: "#ffe066" },
  { body: "#2f97ff", dark: "#1b6fd0", scarf: "#ffd23f" },
  { body: "#22c98e", dark: "#129a6a", scarf: "#ff6b9d" },
  { body: "#ffae1f", dark: "#dd8408", scarf: "#2f97ff" },
  { body: "#9a62ff", dark: "#7340d4", scarf: "#7cf3c4" },
  { body: "#ff74b8", dark: "#d84b92", scarf: "#5ee1ff" },
  { body: "#14b8cf", dark: "#0c8ca0", scarf: "#ff9b54" },
  { body: "#93c926", dark: "#6e9c14", scarf: "#b07cff" },
];

// The same number between 0 and 1 for the same numbers, every time: scenery that stays where it is.
export function chance(...numbers) {
  let hash = 2166136261;
  for (const number of numbers) {
    hash = Math.imul(hash ^ (number | 0), 16777619);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
  return ((hash ^ (hash >>> 13)) >>> 0) / 4294967296;
}
