/** When a day is added up. A version of a day takes effect two days later, so that there is a whole day to make it in. */
import { TAKES_EFFECT_AFTER } from "./version.ts";

const DAY_MS = 86_400_000;
/** Longest that events of a day are waited for when it is over: what comes later belongs to the version of the day after. */
const WAITED_MS = 3_600_000;

/** The newest day (days since 1970) that is over, and was waited for, at a time in ms since 1970. */
export const newestOver = (clockMs: number) => Math.floor((clockMs - WAITED_MS) / DAY_MS) - 1;

/** When the day after this one is over and was waited for, in ms since 1970. */
export const nextOverMs = (epoch: number) => (epoch + 2) * DAY_MS + WAITED_MS;

/** A day (days since 1970) as YYYY-MM-DD. */
export const dateOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** The day whose version should judge a day. */
export const judging = (day: number) => day - TAKES_EFFECT_AFTER;
