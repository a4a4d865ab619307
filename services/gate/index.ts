/** What other rooms see of the gate. */
export { type Answer, type Gate, type GateOptions, startGate } from "./gate.ts";
export { gateRoutes } from "./routes.ts";
