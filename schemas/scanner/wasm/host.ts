/** What the other side gives: places in an event's numbers, in bytes from their beginning, and its judgement. */

/** Where the event's own fields end in the grammar. */
export declare const rootEnd: usize;
/** Numbers that are -1 when they are missing. */
export declare const generation: usize;
export declare const status: usize;
/** How many audiences and targets there are. */
export declare const audiences: usize;
export declare const targets: usize;
/** Where the first target's eight numbers begin, and how many have room. */
export declare const firstTarget: usize;
export declare const maxTargets: usize;
/** Longest target. */
export declare const targetLength: u32;
/** What is told of where arguments came from; and the number of the origin `output`. */
export declare const targetOrigins: usize;
export declare const sourced: usize;
export declare const fromOutput: usize;
export declare const output: i32;
/** Where the numbers of a record end that are always there. */
export declare const headEnd: usize;

/** Whether the text between these places looks like a secret. */
export declare function looksSecret(from: usize, to: usize): bool;
