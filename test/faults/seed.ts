import { random } from "../../services/simulator/random.ts";

/** `FAULT_SEED` repeats the moments of an earlier run; it is printed. */
export const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31));
process.stdout.write(`FAULT_SEED=${SEED}\n`);

/** Lots of one fault. */
export const lots = (fault: string) => random(SEED, fault);
