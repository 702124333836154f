/** A small seeded generator for test cases (mulberry32); its quality does not matter, its repeatability does. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Uniform on [0, 1). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer in 0 … count − 1. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** `count` draws from N(0, scale²). */
  normals(count: number, scale = 1): number[] {
    return Array.from({ length: count }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
      return scale * radius * Math.cos(2 * Math.PI * this.uniform());
    });
  }
}
