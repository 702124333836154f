/**
 * Keeps a canvas as sharp as the screen: as many pixels as it covers (at most two a CSS pixel), drawn in units of CSS pixels.
 * @param paint `(context, width, height)`, called when the size changes
 * @returns a function that paints now
 */
export function sharpCanvas(canvas, paint) {
  const context = canvas.getContext('2d');
  let [width, height] = [0, 0];
  const repaint = () => {
    if (width === 0 || height === 0) return;
    const ratio = canvas.width / width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    paint(context, width, height);
  };
  const resize = () => {
    ({ width, height } = canvas.getBoundingClientRect());
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    repaint();
  };
  resize();
  new ResizeObserver(resize).observe(canvas);
  return repaint;
}
