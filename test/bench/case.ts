/** What a benchmark case is, and what it answers. */

/** One line of the result. */
export interface Figure {
  readonly name: string;
  /** Median of the runs. */
  readonly value: number;
  readonly unit: string;
  /** Median over the rounds of the ratio to `against` in the same round; above 1 is better than `against`. */
  readonly ratio?: number;
  readonly against?: string;
  readonly runs: readonly number[];
  /** What is to be reached, for people; of the ratio if there is one, else of the value. */
  readonly target?: string;
}

/** What every case is given. */
export interface BenchOptions {
  /** Events of the benchmark file. */
  readonly events: number;
  /** Measured rounds. */
  readonly runs: number;
  /** A folder that is removed afterwards. */
  readonly folder: string;
  /** The benchmark file: seed 1, 10,000 agents; written when first asked for. */
  benchFile(): string;
  /** Tells a person at the terminal what is going on. */
  note(text: string): void;
}

export interface Case {
  readonly name: string;
  /** What it measures, in a sentence. */
  readonly about: string;
  /** Throws when what it checks does not hold. */
  run(options: BenchOptions): Promise<readonly Figure[]>;
}
