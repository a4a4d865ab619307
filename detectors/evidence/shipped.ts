/** The weights that come with the product. `offgraph tune fit` makes others from labelled history. */
import { type WeightTable, weightsOf } from "./weights.ts";

/** Weights of version 2: what `offgraph tune fit` makes of the recordings that the card names. */
export const SHIPPED: WeightTable = {
  version: 2,
  card: {
    fittedOn:
      "AgentDyn (SaFo-Lab, MIT): 2,160 benign sessions (1,801 with calls, 1,689 of them with arguments) and 2,417 with an executed injection, of 3 agents in 60 workflows, run by 5 models with up to 9 defences; by `offgraph tune fit` on 2026-11-22",
    method:
      "Logistic regression over sessions: the log-odds of a session are those of its worst call (soft maximum), of an attack among its malicious calls. Benign sessions weigh 3 times as much as attacks; weights are drawn to 0 (by 0.003 of their squares, on terms scaled to the same size) and keep their sign. Each model's sessions were observed against a baseline learned from the other models only.",
    measured:
      "On a model of which neither weights nor graph knew anything (weights fitted in the same way without it): AUC 0.987 with a workflow, 0.981 without, 0.994 and 0.990 with the origin of arguments; 67, 62, 82 and 83 % of the attacks above what 1 % of the benign sessions exceed, 94, 91, 98 and 94 % at 5 %. Weights that never saw the agent: AUC 0.971, 0.955, 0.983 and 0.967",
    limits: [
      "All attacks are prompt injections into tool-using agents that were recorded in simulated services; no stolen token and no insider is among them",
      "Weights that never saw an agent, or an injected goal, find less of it: the measured figures say how much",
      "Tiers came from the verbs of operations; a wrong tier of an operation takes the term new-operation away",
    ],
  },
  contexts: {
    workflow: weightsOf(-5.8899, {
      failed: -1.4423,
      "follows-read": 0.9981,
      surprise: 0.2161,
      "new-operation": 3.1188,
      "new-party": 2.1938,
      "new-code": 1.5334,
      "new-text": 1.9174,
      "earlier-novelty": -0.4996,
      "reserved-name": -1.4551,
      "seen-earlier": -1.1068,
    }),
    "workflow+provenance": weightsOf(-6.3463, {
      failed: -1.4074,
      "follows-read": 0.6826,
      surprise: 0.2231,
      "new-operation": 2.6438,
      "new-party": 1.7784,
      "new-code": 1.4179,
      "new-text": 0.8929,
      "earlier-novelty": -0.6455,
      "reserved-name": -0.3211,
      "seen-earlier": -1.1894,
      "output-share": 1.0531,
      "output-party": 1.9826,
      "output-text": 1.3052,
      "own-words": -1.1435,
      "output-word": 2.5809,
    }),
    agent: weightsOf(-6.0811, {
      failed: -1.1791,
      "follows-read": 0.9084,
      surprise: 0.3138,
      "new-operation": 2.4513,
      "new-party": 2.1861,
      "new-code": 1.4151,
      "new-text": 4.1199,
      "earlier-novelty": -0.413,
      "reserved-name": -2.6086,
      "seen-earlier": -0.8287,
    }),
    "agent+provenance": weightsOf(-6.6706, {
      failed: -1.2913,
      "follows-read": 0.7537,
      surprise: 0.3065,
      "new-operation": 2.6478,
      "new-party": 1.809,
      "new-code": 1.2718,
      "new-text": 2.0441,
      "earlier-novelty": -0.5603,
      "reserved-name": -1.1002,
      "seen-earlier": -1.0317,
      "output-share": 1.2389,
      "output-party": 1.8472,
      "output-text": 1.2863,
      "own-words": -1.0417,
      "output-word": 2.2396,
    }),
  },
};
