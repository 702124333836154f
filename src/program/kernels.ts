import type { Kernel } from './kernels/kernel.js';
import { densitiesKernels } from './kernels/densities.js';
import { mapsKernels } from './kernels/maps.js';
import { modelKernels } from './kernels/model.js';
import { netsKernels } from './kernels/nets.js';
import { randomKernels } from './kernels/random.js';
import { transformsKernels } from './kernels/transforms.js';
import { vmKernels } from './kernels/vm.js';

/** What each instruction is: the one place that knows the signatures of `assembly/`, checked against nothing but the tests. */
export const kernels = {
  ...vmKernels,
  ...randomKernels,
  ...netsKernels,
  ...modelKernels,
  ...mapsKernels,
  ...transformsKernels,
  ...densitiesKernels,
} as const satisfies Record<string, Kernel>;

export type KernelName = keyof typeof kernels;
