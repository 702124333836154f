import { marginals } from './marginals.js';
import { pairs } from './pairs.js';
import { trace } from './trace.js';

/**
 * Pictures of fits and draws, as the text of SVG files, in Node, Deno and pages alike.
 *
 * @example
 * ```ts
 * const svg = plot.marginals({ mu: flow.sample(1000).filter((_, i) => i % 2 === 0) });
 * ```
 */
export const plot = { trace, marginals, pairs } as const;
