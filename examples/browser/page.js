// The page: what the controls say is fitted, and whatever changes is drawn, a few milliseconds of every frame.

import * as library from 'normalizing-flows';
import { sharpCanvas } from './canvas.js';
import { GRADIENT } from './colours.js';
import { Experiment } from './experiment.js';
import { drawTicks, HeatMap, peak } from './heat-map.js';
import { Journey } from './journey.js';
import { drawTrace, grouped } from './trace.js';

/** Milliseconds of a frame that go into pictures, while fitting and otherwise. */
const DRAWING_MS = { fitting: 4, otherwise: 11 };
/** Cells along an edge of the flow's heat map. */
const CELLS = { fitting: 128, otherwise: 384 };
const THUMBNAIL_CELLS = 128;
/** Milliseconds between two pictures of the samples while fitting. */
const SAMPLES_EVERY_MS = 50;
/** Milliseconds that the samples spend in a layer when the way is played, and those of the whole way. */
const PLAY_MS = { layer: 350, least: 1500, most: 6000 };

const root = document.documentElement;
const find = (id) => document.getElementById(id);
const form = find('controls');
const slider = find('position');

let experiment;
let journey;
/** A copy of the flow for the heat map: the fit goes on while a picture is made. */
let shown;

const targetMap = new HeatMap(find('target'));
const densityMap = new HeatMap(find('density'));
/** The density that has the last colour of both heat maps: the target's highest. */
let top;
const stale = { density: false, samples: false, trace: false, numbers: false };
let samplesDrawnAt = 0;
let playedFrom;

const paintSamples = sharpCanvas(find('samples'), (context, size) => journey?.draw(context, size, Number(slider.value)));
const paintTrace = sharpCanvas(find('trace'), (context, width, height) => {
  if (experiment === undefined) return;
  drawTrace(context, width, height, experiment.trace, {
    steps: experiment.steps,
    floor: -experiment.logZ,
    rampEnd: experiment.rampEnd,
  });
});

export async function start() {
  readAddress();
  drawThumbnails();
  for (const canvas of document.querySelectorAll('.ticks')) sharpCanvas(canvas, drawTicks);
  document.querySelector('.bar').style.background = GRADIENT;
  begin();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (experiment.state === 'fitting') experiment.stop();
    else if (experiment.state === 'done') begin({ andFit: true });
    else fit();
  });
  form.addEventListener('input', () => {
    if (form.checkValidity()) begin({ andFit: experiment.state === 'fitting' });
  });
  find('reset').addEventListener('click', () => begin());
  find('play').addEventListener('click', () => (playedFrom === undefined ? play() : stopPlaying()));
  slider.addEventListener('input', () => {
    stopPlaying();
    mark('samples');
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paintTrace);
  document.addEventListener('visibilitychange', () => (lastFrame = undefined));

  await library.setThreads();
  showThreads();
  for (const id of ['run', 'reset', 'play', 'position']) find(id).disabled = false;
}

// --- the experiment -------------------------------------------------------------------------------------------------------------

function settings() {
  const data = new FormData(form);
  const number = (name) => Number(data.get(name));
  return {
    energy: data.get('energy'),
    transform: data.get('transform'),
    layers: number('layers'),
    seed: number('seed'),
    steps: number('steps'),
    batchSize: number('batchSize'),
  };
}

/** An untrained flow, as the controls say. */
function begin({ andFit = false } = {}) {
  experiment?.dispose();
  journey?.dispose();
  shown?.dispose();
  densityMap.cancel();
  stopPlaying();
  const chosen = settings();
  writeAddress(chosen);
  experiment = new Experiment(chosen);
  journey = new Journey(experiment.flow);
  const { base, transforms } = experiment.flow;
  shown = new library.Flow({ base, transforms });

  find('layers-value').textContent = chosen.layers;
  slider.max = chosen.layers;
  slider.value = chosen.layers;
  longestFrame = 0;
  lastFrame = undefined;

  const density = densityOf(experiment);
  top = peak(density);
  targetMap.begin(density, CELLS.otherwise, top);
  targetMap.work();
  find('scale-top').textContent = top.toPrecision(2);
  say(`An untrained flow of ${chosen.layers} ${chosen.transform} ${chosen.layers === 1 ? 'layer' : 'layers'}.`);
  changed();
  if (andFit) fit();
}

/** The target's log density, normalised. */
function densityOf({ target, logZ }) {
  return (x) => target.logProb(x).map((logProb) => logProb - logZ);
}

function fit() {
  const own = experiment;
  say('Fitting …');
  lastFrame = undefined;
  own.run(() => {
    if (own !== experiment) return;
    changed();
    if (own.state === 'fitting') return;
    if (own.state === 'stopped') say(`Stopped at step ${grouped(own.step)}.`);
    if (own.state === 'failed') say(`The fit failed: ${own.error.message}`);
    if (own.state === 'done') {
      say(`Done: F = ${signed(own.freeEnergy, 4)} ± ${signed(own.standardError, 4)} nats on fresh samples.`);
      if (!matchMedia('(prefers-reduced-motion: reduce)').matches) play();
    }
  });
  changed();
}

function changed() {
  journey.changed();
  mark('density', 'samples', 'trace', 'numbers');
}

// --- frames ---------------------------------------------------------------------------------------------------------------------

let frameAsked = false;
let lastFrame;
let longestFrame = 0;

/** Says what is no longer up to date; the next frames see to it. */
function mark(...what) {
  for (const name of what) stale[name] = true;
  askForFrame();
}

function askForFrame() {
  if (!frameAsked) requestAnimationFrame(frame);
  frameAsked = true;
}

function frame() {
  frameAsked = false;
  const now = performance.now();
  const fitting = experiment.state === 'fitting';
  if (fitting && lastFrame !== undefined) longestFrame = Math.max(longestFrame, now - lastFrame);
  lastFrame = fitting ? now : undefined;

  const mode = fitting ? 'fitting' : 'otherwise';
  if (playedFrom !== undefined) movePlay(now);
  if (stale.samples && !(fitting && now - samplesDrawnAt < SAMPLES_EVERY_MS)) {
    stale.samples = false;
    samplesDrawnAt = now;
    paintSamples();
    showPosition();
  }
  if (stale.numbers) showNumbers();
  if (stale.trace) paintTrace();
  stale.numbers = stale.trace = false;
  if (stale.density && (!densityMap.busy || densityMap.busy > CELLS[mode])) {
    stale.density = false;
    shown.setParameters(experiment.flow.getParameters());
    densityMap.begin((x) => shown.logProb(x), CELLS[mode], top);
  }
  densityMap.work(performance.now() + DRAWING_MS[mode]);
  if (fitting || densityMap.busy > 0 || playedFrom !== undefined || Object.values(stale).includes(true)) askForFrame();
}

// --- the way through the layers -------------------------------------------------------------------------------------------------

function play() {
  const { layer, least, most } = PLAY_MS;
  const duration = Math.min(most, Math.max(least, layer * journey.length));
  const from = Number(slider.value) < journey.length ? Number(slider.value) / journey.length : 0;
  playedFrom = { time: performance.now() - from * duration, duration };
  find('play').dataset.playing = '';
  find('play').setAttribute('aria-label', 'Pause the way through the layers');
  askForFrame();
}

function movePlay(now) {
  const share = Math.min(1, (now - playedFrom.time) / playedFrom.duration);
  slider.value = share * journey.length;
  stale.samples = true;
  if (share === 1) stopPlaying();
}

function stopPlaying() {
  playedFrom = undefined;
  delete find('play').dataset.playing;
  find('play').setAttribute('aria-label', 'Play the way through the layers');
}

// --- words and numbers ----------------------------------------------------------------------------------------------------------

function showPosition() {
  const text = `${Number(slider.value).toFixed(1)} of ${journey.length}`;
  slider.setAttribute('aria-valuetext', `${text} layers`);
  find('position-value').textContent = text;
}

function showNumbers() {
  const { state, step, steps, freeEnergy, logZ, msPerStep } = experiment;
  root.dataset.state = state;
  find('run').textContent = { fitting: 'Stop', stopped: 'Continue', done: 'Fit again' }[state] ?? 'Fit';
  find('progress').value = step / steps;
  find('step').textContent = `${grouped(step)} of ${grouped(steps)}`;
  find('free-energy').textContent = signed(freeEnergy, 3);
  find('floor').textContent = signed(-logZ, 3);
  find('kl').textContent = signed(freeEnergy + logZ, 3);
  find('kl-short').textContent = step > 0 ? `KL ${signed(freeEnergy + logZ, 3)}` : '';
  find('ms-per-step').textContent = signed(msPerStep, 2);
  find('frame-note').textContent = longestFrame > 0 ? `Longest frame while fitting: ${longestFrame.toFixed(0)} ms.` : '';
  Object.assign(root.dataset, { step, freeEnergy, logZ, msPerStep, longestFrame });
  showThreads();
}

function showThreads() {
  const { count, reason } = library.threads();
  root.dataset.threads = count;
  find('threads').textContent = count;
  find('threads-note').textContent =
    reason === undefined ? '' : `${count === 1 ? 'One thread' : `${count} threads`}: ${reason.replace(/\.$/, '')}.`;
}

function say(text) {
  find('status').textContent = text;
}

/** With a real minus sign; a dash for what is not there yet. */
function signed(value, decimals) {
  return Number.isFinite(value) ? value.toFixed(decimals).replace('-', '−') : '–';
}

function drawThumbnails() {
  for (const input of form.elements.energy) {
    const target = library.energies[input.value];
    const logProb = (x) => target.logProb(x);
    const map = new HeatMap(input.nextElementSibling);
    map.begin(logProb, THUMBNAIL_CELLS, peak(logProb));
    map.work();
  }
}

// --- the address: a link to the page is a link to the experiment -----------------------------------------------------------------

function readAddress() {
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const control = form.elements.namedItem(name);
    if (control === null) continue;
    const before = control.value;
    control.value = value;
    if (control.value === '' || !form.checkValidity()) control.value = before;
  }
}

function writeAddress(chosen) {
  history.replaceState(null, '', `#${new URLSearchParams(chosen)}`);
}
