// What every painter needs of a canvas.

// A canvas of that size in page pixels, as sharp as the screen.
export function sheet(width, height, ratio) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext("2d");
  context.scale(canvas.width / width, canvas.height / height);
  return [canvas, context];
}

export function disc(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
  context.fill();
}
