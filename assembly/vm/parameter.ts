// Parameters of a kernel are either shared by the batch (one double each) or given per sample (a block, one double a lane).
// Kernels are written once, over a type P that says which; the choice is made while compiling.

/** One value for all rows: parameter j is the double at base + 8 j. */
export type Shared = f64;
/** One value per row: parameter j is the block row at base + j · stride. */
export type PerSample = v128;

/** Parameter j for the two rows at byte offset `lane` of a block row. */
// @ts-ignore: decorator
@inline
export function parameter<P>(base: usize, j: i32, stride: usize, lane: usize): v128 {
  return isVector<P>() ? v128.load(base + <usize>j * stride + lane) : v128.load64_splat(base + (<usize>j << 3));
}

/** In a loop over rows: the shared value, which was loaded before the loop, or the rows' own at `at`. */
// @ts-ignore: decorator
@inline
export function parameterOr<P>(shared: v128, at: usize): v128 {
  return isVector<P>() ? v128.load(at) : shared;
}

/** Store what a constraint computed: both lanes per sample, one double if shared. */
// @ts-ignore: decorator
@inline
export function storeParameter<P>(base: usize, j: i32, stride: usize, lane: usize, value: v128): void {
  if (isVector<P>()) v128.store(base + <usize>j * stride + lane, value);
  else f64.store(base + (<usize>j << 3), f64x2.extract_lane(value, 0));
}

/** Add to a gradient, or overwrite it where this is its first writer. A shared gradient always adds: its slot begins at zero. */
// @ts-ignore: decorator
@inline
export function addParameter<P>(base: usize, j: i32, stride: usize, lane: usize, value: v128, add: bool): void {
  if (isVector<P>()) addTo(base + <usize>j * stride + lane, value, add);
  else {
    const at = base + (<usize>j << 3);
    f64.store(at, f64.load(at) + f64x2.extract_lane(value, 0));
  }
}

/** Bytes of a block row that a constraint runs over: all lanes per sample, one vector if shared. */
// @ts-ignore: decorator
@inline
export function parameterBytes<P>(rows: i32): usize {
  return isVector<P>() ? rowBytes(rows) : 16;
}

/** Bytes of a block row, its rows rounded up to whole vectors. */
// @ts-ignore: decorator
@inline
export function rowBytes(rows: i32): usize {
  return <usize>((rows + 1) >> 1) << 4;
}

// @ts-ignore: decorator
@inline
export function addTo(at: usize, value: v128, add: bool): void {
  v128.store(at, add ? f64x2.add(v128.load(at), value) : value);
}

/** The lanes of the vector at byte offset `lane` that are rows of the batch: all, but in the last vector of an odd count. */
// @ts-ignore: decorator
@inline
export function rowMask(lane: usize, rows: i32): v128 {
  return <i32>(lane >> 3) + 1 < rows ? i64x2.splat(-1) : i64x2(-1, 0);
}

/** Ordered sum of the two lanes. */
// @ts-ignore: decorator
@inline
export function sumLanes(value: v128): f64 {
  return f64x2.extract_lane(value, 0) + f64x2.extract_lane(value, 1);
}
