// The free energy over the steps, above the floor −ln Z, on a scale that is linear near the floor and logarithmic far from it.

/** Below this many nats above the floor the scale is about linear. */
const LINEAR = 0.05;
const TICKS = [0, 0.1, 1, 10, 100];
const MARGIN = { left: 46, right: 12, top: 10, bottom: 26 };

const bend = (nats) => Math.asinh(Math.max(0, nats) / LINEAR);

/**
 * @param points [n] of `{ step, freeEnergy }`
 * @param plot `{ steps, floor, rampEnd }`: the last step, −ln Z, and the step at which the target has faded in
 */
export function drawTrace(context, width, height, points, { steps, floor, rampEnd }) {
  const style = getComputedStyle(document.documentElement);
  const [soft, line, curve, shade] = ['--soft', '--line', '--curve', '--shade'].map((name) => style.getPropertyValue(name));
  const highest = points.reduce((most, { freeEnergy }) => Math.max(most, freeEnergy - floor), 10);
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const x = (step) => MARGIN.left + ((right - MARGIN.left) * step) / steps;
  const y = (nats) => bottom - ((bottom - MARGIN.top) * bend(nats)) / (1.03 * bend(highest));

  context.font = '12px system-ui, "Open Sans", sans-serif';
  context.textBaseline = 'middle';
  context.lineWidth = 1;
  for (const tick of TICKS.filter((nats) => nats <= highest)) {
    const at = Math.round(y(tick)) + 0.5;
    context.strokeStyle = tick === 0 ? soft : line;
    stroke(context, [MARGIN.left, at], [right, at]);
    context.fillStyle = soft;
    context.textAlign = 'right';
    context.fillText(tick === 0 ? '−ln Z' : `+${tick}`, MARGIN.left - 7, at);
  }
  context.textAlign = 'center';
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    context.textAlign = share === 1 ? 'right' : 'center';
    context.fillText(grouped(share * steps), x(share * steps), height - 9);
  }
  context.strokeStyle = line;
  context.setLineDash([3, 4]);
  stroke(context, [Math.round(x(rampEnd)) + 0.5, MARGIN.top], [Math.round(x(rampEnd)) + 0.5, bottom]);
  context.setLineDash([]);
  context.textAlign = 'right';
  context.fillText('target faded in', x(rampEnd) - 7, MARGIN.top + 8);

  if (points.length < 2) return;
  const path = new Path2D();
  points.forEach(({ step, freeEnergy }, i) => path[i === 0 ? 'moveTo' : 'lineTo'](x(step), y(freeEnergy - floor)));
  const area = new Path2D(path);
  area.lineTo(x(points[points.length - 1].step), bottom);
  area.lineTo(x(points[0].step), bottom);
  context.fillStyle = shade;
  context.fill(area);
  context.strokeStyle = curve;
  context.lineWidth = 1.75;
  context.lineJoin = 'round';
  context.stroke(path);
}

function stroke(context, from, to) {
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

/** 10 000 rather than 10000. */
export function grouped(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}
