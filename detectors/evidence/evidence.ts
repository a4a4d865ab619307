/**
 * The evidence as out-of-graph sees it: what each call is worth as evidence of an attack, and what a session, an epoch and
 * a decree teach. Nothing of it is kept, and each step returns at once, unless it is switched on.
 */
export { scoreCall } from "./attend.ts";
export { keepForPeers, sharing } from "./peers.ts";
export { calibrate, forgetScore } from "./standing.ts";
export { end, endEpoch, learn, settle } from "./turn.ts";
