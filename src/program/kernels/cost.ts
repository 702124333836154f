// What operations cost, roughly: it decides which work is worth sharing with other threads, and nothing else.

/** Of dense layers, whose way back has two matrix products. */
export const NANOSECONDS_PER_PRODUCT = 0.125;

/** An elementary function of one number. */
export const NANOSECONDS_PER_OPERATION = 3;

/** An integral by quadrature, with its slopes. */
export const NANOSECONDS_PER_TAIL = 1000;
