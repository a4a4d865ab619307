/** What other rooms see of the gate. */
export { type Gate, type GateAnswer, type GateOptions, startGate } from "./gate.ts";
export { gateRoutes } from "./routes.ts";
