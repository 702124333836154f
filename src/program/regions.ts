import { BinaryOperation, Source, Space } from '../../assembly/opcodes.js';
import { kernels } from './kernels.js';
import type { Kernel, Slices } from './kernels/kernel.js';
import { NONE, type Operand, type Recorded, type Recorder, type Sizes, type Slice, wholeOf } from './recorder.js';

/** Rows of a block of a slice, at most: so many stay in the cache. Shorter sums are recorded as they stand. */
export const SLICE_ROWS = 256;

/** How an instruction is cut: into how many equal parts at most, and the operands of which a part reads its own rows alone. */
interface Cut {
  readonly units: number;
  readonly along: readonly string[];
}

/** A sum of many rows, with what is computed for it alone, which is repeated for each slice. */
interface LongSum {
  readonly root: Recorded;
  /** [1] Its value. */
  readonly total: Operand;
  readonly cuts: Map<Recorded, Cut>;
  /** Into how many equal parts all of it can be cut, and the rows of its longest block. */
  units: number;
  rows: number;
}

/**
 * Record long sums anew, slice by slice: however many observations there are, a tile then holds one slice of what is computed from them.
 *
 * An instruction is repeated for each slice where all that read it are, and a part of its output is one of its inputs: functions element by
 * element, rows of a matrix times a vector, values that groups share. All else is computed once, before.
 *
 * What two sums have in common is computed for each, unless they are only added to each other: those are cut together.
 *
 * @param record records instructions of the body; of what it leaves to be read afterwards, blocks have fewer rows than a slice
 */
export function inSlices<T>(recorder: Recorder, record: () => T): T {
  const { length } = recorder;
  const result = record();
  recordAnew(recorder, recorder.takeBack(length), SLICE_ROWS);
  return result;
}

function recordAnew(recorder: Recorder, recorded: readonly Recorded[], sliceRows: number): void {
  const sums = findSums(recorded, sliceRows);
  const repeated = new Set(sums.flatMap(({ cuts }) => [...cuts.keys()]));
  const totals = new Map(sums.map(({ root, total }) => [root, total]));
  const groups = new Map(groupsOf(sums, recorded, sliceRows).map((group) => [group[group.length - 1].root, group]));

  // Sums that are cut together are there with the last of them, and what adds them up waits.
  const missing = new Set<Operand>();
  let waiting: Recorded[] = [];
  const push = (each: Recorded): void => {
    const outputs = outputsOf(each);
    const mustWait = Object.values(each.operands).some((operand) => !outputs.includes(operand) && missing.has(operand));
    if (mustWait) waiting.push(each);
    else recorder.push(each.name, each.operands, each.sizes, each.accumulate);
    for (const output of outputs) missing[mustWait ? 'add' : 'delete'](output);
  };
  for (const each of recorded) {
    const group = groups.get(each);
    if (group !== undefined) {
      pushRegion(recorder, group, recorded, sliceRows);
      for (const { total } of group) missing.delete(total);
      const ready = waiting;
      waiting = [];
      ready.forEach(push);
    } else if (!repeated.has(each)) push(each);
    else if (totals.has(each)) missing.add(totals.get(each)!);
  }
}

// --- which instructions ----------------------------------------------------------------------------------------------------------

interface Readers {
  readonly sums: Set<LongSum>;
  /** Whether one is not repeated, or reads all rows each time. */
  needAll: boolean;
}

/** The long sums for which anything is computed. What reads a block comes after it: one way back finds them all. */
function findSums(recorded: readonly Recorded[], sliceRows: number): LongSum[] {
  const readers = new Map<Operand, Readers>();
  const readersOf = (operand: Operand): Readers => {
    const block = wholeOf(operand);
    if (!readers.has(block)) readers.set(block, { sums: new Set(), needAll: false });
    return readers.get(block)!;
  };
  const found: LongSum[] = [];
  for (const each of [...recorded].reverse()) {
    const cut = cutOf(each, sliceRows);
    const output = slicesOf(each)?.sum;
    let sums: readonly LongSum[] = [];
    if (cut !== undefined && output !== undefined) {
      sums = [{ root: each, total: each.operands[output], cuts: new Map(), units: cut.units, rows: cut.units }];
      found.push(...sums);
    } else if (cut !== undefined) sums = sumsFor(each, cut, outputsOf(each).map(readersOf), sliceRows);
    for (const sum of sums) {
      sum.cuts.set(each, cut!);
      sum.units = gcd(sum.units, cut!.units);
      sum.rows = Math.max(sum.rows, rowsOf(each, cut!));
    }
    for (const [name, operand] of Object.entries(each.operands)) {
      if (operand.space !== Space.Tile || name in kernels[each.name].outputs) continue;
      const known = readersOf(operand);
      for (const sum of sums) known.sums.add(sum);
      if (sums.length === 0 || operand.within !== undefined || !cut!.along.includes(name)) known.needAll = true;
    }
  }
  return found.filter(({ cuts }) => cuts.size > 1).reverse();
}

/** The sums that an instruction is repeated for; none where something else reads it, or where slices would be too long. */
function sumsFor(each: Recorded, cut: Cut, readers: readonly Readers[], sliceRows: number): LongSum[] {
  if (readers.some(({ needAll }) => needAll)) return [];
  const sums = [...new Set(readers.flatMap((known) => [...known.sums]))];
  const fits = ({ units, rows }: LongSum): boolean => Math.max(rows, rowsOf(each, cut)) <= sliceRows * gcd(units, cut.units);
  return sums.every(fits) ? sums : [];
}

/** How an instruction can be cut, if it can: rows of a block that is put together cannot, nor a sum that is no longer than a slice. */
function cutOf(each: Recorded, sliceRows: number): Cut | undefined {
  const { name, operands, sizes } = each;
  const slices = slicesOf(each);
  if (slices === undefined || outputsOf(each).some(({ within }) => within !== undefined)) return undefined;
  const units = sizes[slices.units] as number;
  if (slices.sum !== undefined && units <= sliceRows) return undefined;
  if (name === 'mergeRows') {
    if (operands.y !== NONE) return undefined;
    if (picksNearby(sizes, sliceRows)) return { units: gcd(sizes.dim as number, sizes.xRows as number), along: ['x'] };
  }
  const isAlong = (source: string | undefined): boolean =>
    source === undefined || sizes[source] === Source.Rows || sizes[source] === Source.Data;
  const along = Object.entries(slices.along).flatMap(([operand, source]) => (isAlong(source) ? [operand] : []));
  return { units, along };
}

/** Whether rows that are picked of many stand where they go, up to the length of a slice: a number for each row of a matrix, one of each row. */
function picksNearby(sizes: Sizes, sliceRows: number): boolean {
  const { dim, xRows, indices } = sizes as { dim: number; xRows: number; indices: readonly number[] };
  const units = gcd(dim, xRows);
  if (xRows <= sliceRows || Math.max(dim, xRows) > sliceRows * units) return false;
  return indices.every((index, j) => Math.floor((index * units) / xRows) === Math.floor((j * units) / dim));
}

/** The rows of the longest block that is cut. */
function rowsOf(each: Recorded, { along }: Cut): number {
  const blocks = [...outputsOf(each), ...along.map((name) => each.operands[name])].filter(({ space }) => space === Space.Tile);
  return Math.max(...blocks.map(({ rows }) => rows));
}

function slicesOf({ name }: Recorded): Slices | undefined {
  const kernel: Kernel = kernels[name];
  return kernel.slices;
}

function outputsOf({ name, operands }: Recorded): Operand[] {
  return Object.keys(kernels[name].outputs).map((output) => operands[output]);
}

// --- which sums together ---------------------------------------------------------------------------------------------------------

/** Sums in groups: those that have something in common, and are added to each other before anything else is done with them. */
function groupsOf(sums: readonly LongSum[], recorded: readonly Recorded[], sliceRows: number): LongSum[][] {
  const readers = new Map<Operand, Recorded[]>();
  for (const each of sums.length < 2 ? [] : recorded) {
    for (const [name, operand] of Object.entries(each.operands)) {
      if (operand.rows !== 1 || name in kernels[each.name].outputs) continue;
      readers.set(wholeOf(operand), [...(readers.get(wholeOf(operand)) ?? []), each]);
    }
  }
  const totalOf = (sum: Operand): Operand => {
    const [reader, ...others] = readers.get(sum) ?? [];
    if (reader?.name !== 'binary' || reader.sizes.operation !== BinaryOperation.Add || others.length > 0) return sum;
    return reader.sizes.dim === 1 ? totalOf(reader.operands.y) : sum;
  };
  const groups: { total: Operand; sums: LongSum[] }[] = [];
  for (const sum of sums) {
    const total = totalOf(sum.total);
    const group = groups.find((other) => other.total === total && belongs(sum, other.sums, sliceRows));
    if (group === undefined) groups.push({ total, sums: [sum] });
    else group.sums.push(sum);
  }
  return groups.map((group) => group.sums);
}

function belongs(sum: LongSum, others: readonly LongSum[], sliceRows: number): boolean {
  const { units, rows } = sizeOf([sum, ...others]);
  const isShared = [...sum.cuts.keys()].some((each) => others.some(({ cuts }) => cuts.has(each)));
  return isShared && rows <= sliceRows * units;
}

function sizeOf(sums: readonly LongSum[]): { units: number; rows: number } {
  return { units: sums.map(({ units }) => units).reduce(gcd), rows: Math.max(...sums.map(({ rows }) => rows)) };
}

// --- their slices ----------------------------------------------------------------------------------------------------------------

function pushRegion(recorder: Recorder, sums: readonly LongSum[], recorded: readonly Recorded[], sliceRows: number): void {
  const { units, rows } = sizeOf(sums);
  const all = new Map(sums.flatMap(({ cuts }) => [...cuts]));
  const repeated = recorded.filter((each) => all.has(each));
  const step = Math.floor((sliceRows * units) / rows);
  const slices: Slice[] = [];
  for (let first = 0; first < units; first += step) {
    const range = { first, count: Math.min(step, units - first), units };
    const blocks = new Map<Operand, Operand>();
    const slice = repeated.map((each) => sliceOf(recorder, each, all.get(each)!, range, blocks));
    slices.push({ recorded: slice, parts: sums.map(({ total }) => blocks.get(total)!) });
  }
  recorder.pushRegion({ totals: sums.map(({ total }) => total), slices });
}

/** Units `first` … `first + count − 1` of so many. */
interface Range {
  readonly first: number;
  readonly count: number;
  readonly units: number;
}

/** An instruction on a range of units. @param blocks those of this slice, by the block that they are a part of; outputs are added */
function sliceOf(recorder: Recorder, each: Recorded, cut: Cut, range: Range, blocks: Map<Operand, Operand>): Recorded {
  const operands: Record<string, Operand> = { ...each.operands };
  for (const name of cut.along) operands[name] = blocks.get(operands[name]) ?? partOf(recorder, operands[name], range);
  for (const [name, rows] of Object.entries((kernels[each.name] as Kernel).outputs)) {
    const whole = operands[name];
    operands[name] = recorder.block(typeof rows === 'number' ? rows : (whole.rows / range.units) * range.count);
    blocks.set(whole, operands[name]);
  }
  return { name: each.name, operands, sizes: sizesOf(each, cut, range) };
}

/** Those rows of a block from outside, or those of data. */
function partOf(recorder: Recorder, operand: Operand, { first, count, units }: Range): Operand {
  const rows = operand.rows / units;
  if (operand.space === Space.Tile) return recorder.rows(operand, rows * first, rows * count);
  return { ...operand, offset: operand.offset + rows * first, rows: rows * count };
}

function sizesOf({ name, sizes }: Recorded, { along }: Cut, { first, count, units }: Range): Sizes {
  const { slices, list }: Kernel = kernels[name];
  const { units: counted, first: begin } = slices!;
  const per = (sizes[counted] as number) / units;
  const own: Record<string, number | readonly number[]> = { ...sizes, [counted]: per * count };
  if (begin !== undefined) own[begin] = (sizes[begin] as number) + per * first;
  if (list === undefined) return own;
  const items = (sizes[list] as readonly number[]).slice(per * first, per * (first + count));
  if (name !== 'mergeRows' || along.length === 0) return { ...own, [list]: items };
  const rows = (sizes.xRows as number) / units;
  return { ...own, xRows: rows * count, [list]: items.map((index) => index - rows * first) };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
