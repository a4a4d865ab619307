/** What other rooms see of egress. */
export { type EgressOptions, startEgress } from "./egress.ts";
