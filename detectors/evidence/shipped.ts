/** The weights that come with the product. `offgraph tune fit` makes others from labelled history. */
import { type WeightTable, weightsOf } from "./weights.ts";

/** Weights of version 1. */
export const SHIPPED: WeightTable = {
  version: 1,
  card: {
    fittedOn:
      "AgentDyn (SaFo-Lab, MIT): 2,160 benign sessions and 2,417 with an executed injection, of 3 agents in 60 workflows, run by 5 models with up to 9 defences",
    method:
      "Logistic regression over sessions: the log-odds of a session are those of its worst call (soft maximum), of an attack among its malicious calls. Benign sessions weigh 10 times; weights are drawn to 0 and keep their sign. Each model's sessions were observed against a baseline learned from the other models only.",
    limits: [
      "All attacks are prompt injections into tool-using agents that were recorded in simulated services; no stolen token and no insider is among them",
      "Weights that never saw an agent, or an injected goal, find less of it: the measured figures say how much",
      "Tiers came from the verbs of operations; a wrong tier of an operation takes the term new-operation away",
    ],
  },
  contexts: {
    workflow: weightsOf(-7.03, {
      failed: -1.67,
      "follows-read": 1.18,
      surprise: 0.23,
      "new-operation": 2.85,
      "new-party": 2.07,
      "new-code": 1.32,
      "new-text": 1.74,
      "earlier-novelty": -0.62,
      "reserved-name": -1.55,
      "seen-earlier": -1.27,
    }),
    "workflow+provenance": weightsOf(-8.41, {
      failed: -1.82,
      "follows-read": 0.97,
      surprise: 0.24,
      "new-operation": 2.56,
      "new-party": 1.89,
      "new-code": 1.3,
      "new-text": 1.02,
      "earlier-novelty": -0.78,
      "seen-earlier": -1.24,
      "output-share": 1.68,
      "output-party": 2.23,
      "output-text": 1.48,
      "own-words": -1.22,
      "output-word": 2.81,
    }),
    agent: weightsOf(-7.27, {
      failed: -1.47,
      "follows-read": 1.07,
      surprise: 0.32,
      "new-operation": 2.49,
      "new-party": 2.15,
      "new-code": 1.37,
      "new-text": 2.96,
      "earlier-novelty": -0.47,
      "reserved-name": -2.81,
      "seen-earlier": -0.92,
    }),
    "agent+provenance": weightsOf(-8.64, {
      failed: -1.45,
      "follows-read": 1.1,
      surprise: 0.29,
      "new-operation": 3.08,
      "new-party": 1.86,
      "new-code": 1.32,
      "new-text": 2.14,
      "earlier-novelty": -0.67,
      "reserved-name": -1.11,
      "seen-earlier": -0.95,
      "output-share": 1.63,
      "output-party": 2.3,
      "output-text": 1.47,
      "own-words": -1.0,
      "output-word": 2.39,
    }),
  },
};
