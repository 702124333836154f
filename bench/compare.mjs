// Ours beside theirs: both measured in turn, so that a slow moment of the machine falls on both; medians over the rounds, of the times and
// of their ratios.

import { THREAD_COUNTS, useThreads } from './library.mjs';
import { isAvailable, runPeer } from './peers/run.mjs';
import { median } from './stopwatch.mjs';

const ROUNDS = 5;

/**
 * @param cases of one workload: `{ title, bars, flops?, threads?, peers, setUp() → { measure() → seconds, dispose() } }`
 * @param torch what findTorch found
 * @param peak operations per second of one thread
 */
export async function compare(cases, torch, peak) {
  const counts = cases[0].threads ?? THREAD_COUNTS;
  const ready = cases.map((each) => ({ ...each, ...each.setUp(), ours: counts.map(() => []), theirs: new Map() }));
  const found = new Map();
  for (let round = 1; round <= ROUNDS; round++) {
    const reports = new Map();
    for (const each of ready) {
      process.stderr.write(`${each.title}: round ${round} of ${ROUNDS}\n`);
      for (const [i, count] of counts.entries()) {
        await useThreads(count);
        each.ours[i].push(await each.measure());
      }
      await useThreads(1); // no worker beside the peers
      for (const peer of each.peers.filter((peer) => isAvailable(peer, torch))) {
        const command = [peer.script, ...peer.args].join(' ');
        // One run of a peer may report for several cases.
        if (!reports.has(command)) reports.set(command, runPeer(torch?.python, peer, found.get(command)));
        const { seconds, chunks } = reports.get(command);
        found.set(command, chunks);
        for (const [version, value] of Object.entries(seconds)) {
          if (peer.version === undefined) addTo(each.theirs, { ...peer, version }, value);
          else if (peer.version === version) addTo(each.theirs, { ...peer, version: '' }, value);
        }
      }
    }
  }
  for (const each of ready) each.dispose();
  return ready.map((each) => summarise(each, counts, peak));
}

function addTo(theirs, { name, version, precision, threads }, seconds) {
  const key = [name, version, precision, threads].join();
  if (!theirs.has(key)) theirs.set(key, { name, version, precision, threads, rounds: [] });
  theirs.get(key).rounds.push(seconds);
}

function summarise({ title, group, column, bars, flops, ours, theirs }, counts, peak) {
  const here = counts.map((threads, i) => {
    const seconds = median(ours[i]);
    const rate = flops === undefined ? {} : { flopsPerSecond: flops / seconds, ofPeak: flops / seconds / (threads * peak) };
    return { threads, seconds, rounds: ours[i], ...rate };
  });
  const peers = [...theirs.values()].map((peer) => {
    const seconds = median(peer.rounds);
    // Equal threads where we have as many; else our one thread.
    const { threads: against, rounds } = here.find(({ threads }) => threads === peer.threads) ?? here[0];
    return { ...peer, seconds, ratio: median(peer.rounds.map((each, round) => each / rounds[round])), against };
  });
  return { title, group, column, here, peers, bars: bars.map((bar) => judge(bar, title, here, peers)) };
}

/**
 * `under`: a time of our own on one thread, in seconds. `ofPeak`: a share of what one thread can do at most. `ahead`: a ratio to the
 * fastest of the named versions of a peer, at equal threads.
 */
function judge({ under, ofPeak, ahead, of, versions, threads }, title, here, peers) {
  const [one] = here;
  if (under !== undefined) return { title, text: `under ${under * 1e6} µs`, value: one.seconds, met: one.seconds < under };
  if (ofPeak !== undefined) return { title, text: `${100 * ofPeak} % of peak`, share: one.ofPeak, met: one.ofPeak >= ofPeak };
  const count = threads === 'all' ? Math.max(...peers.map((peer) => peer.threads), ...here.map((own) => own.threads)) : 1;
  const rivals = peers.filter(
    (peer) => peer.name === of && peer.threads === count && peer.against === count && (versions?.includes(peer.version) ?? true),
  );
  const lead = ahead === 1 ? `ahead of ${of}` : ahead < 1 ? `${ahead} of the speed of ${of}` : `${ahead}× ahead of ${of}`;
  const text = `${lead}${versions ? `, ${versions.join(' or ')}` : ''}, ${count === 1 ? '1 thread' : `${count} threads each`}`;
  const nothing = { title, text };
  if (rivals.length === 0 || (threads === 'all' && count === 1)) return nothing;
  const ratio = Math.min(...rivals.map((peer) => peer.ratio));
  return { title, text, ratio, met: ratio >= ahead };
}
