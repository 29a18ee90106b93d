// How times and places are written.

export function time(ms, digits = 2) {
  const cut = Math.floor(ms / 10 ** (3 - digits)) / 10 ** digits; // cut, not rounded: 59.999 is not 1:00.00
  const minutes = Math.floor(cut / 60);
  return `${minutes}:${(cut - minutes * 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0")}`;
}

export function ordinal(number) {
  const teen = number % 100 > 10 && number % 100 < 14;
  return (!teen && { 1: "st", 2: "nd", 3: "rd" }[number % 10]) || "th";
}
