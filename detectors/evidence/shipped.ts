/** The weights that come with the product. `offgraph tune fit` makes others from labelled history. */
import { type WeightTable, weightsOf } from "./weights.ts";

/** Weights of version 3: what `offgraph tune fit` makes of the recordings that the card names. */
export const SHIPPED: WeightTable = {
  version: 3,
  card: {
    fittedOn:
      "AgentDyn (SaFo-Lab, MIT): 2,160 benign sessions (1,801 with calls, 1,689 of them with arguments) and 2,417 with an executed injection, of 3 agents in 60 workflows, run by 5 models with up to 9 defences; by `offgraph tune fit` on 2026-11-22",
    method:
      "Logistic regression over sessions: the log-odds of a session are those of its worst call (soft maximum), of an attack among its malicious calls. Benign sessions weigh 3 times as much as attacks; weights are drawn to 0 (by 0.003 of their squares, on terms scaled to the same size) and keep their sign; a bit of a new party and of new wording weigh the same. Each model's sessions were observed against a baseline learned from the other models only.",
    measured:
      "On a model of which neither weights nor graph knew anything (weights fitted in the same way without it): AUC 0.987 with a workflow, 0.979 without, 0.994 and 0.990 with the origin of arguments; 68, 68, 83 and 84 % of the attacks above what 1 % of the benign sessions exceed, 95, 89, 98 and 95 % at 5 %. Weights that never saw the agent: AUC 0.979, 0.965, 0.986 and 0.969",
    limits: [
      "All attacks are prompt injections into tool-using agents that were recorded in simulated services; no stolen token and no insider is among them",
      "Weights that never saw an agent, or an injected goal, find less of it: the measured figures say how much",
      "Tiers came from the verbs of operations; a wrong tier of an operation takes the term new-operation away",
    ],
  },
  contexts: {
    workflow: weightsOf(-5.9268, {
      failed: -1.4731,
      "follows-read": 0.9799,
      surprise: 0.2181,
      "new-operation": 3.1326,
      "new-party": 2.186,
      "new-code": 1.5467,
      "new-text": 2.186,
      "earlier-novelty": -0.4999,
      "reserved-name": -1.4801,
      "seen-earlier": -1.098,
    }),
    "workflow+provenance": weightsOf(-6.3491, {
      failed: -1.3774,
      "follows-read": 0.6685,
      surprise: 0.2218,
      "new-operation": 2.6271,
      "new-party": 1.7456,
      "new-code": 1.4172,
      "new-text": 1.7456,
      "earlier-novelty": -0.6263,
      "reserved-name": -0.2806,
      "seen-earlier": -1.2084,
      "output-share": 1.0661,
      "output-party": 2.0019,
      "output-text": 1.1558,
      "own-words": -1.3975,
      "output-word": 2.5668,
    }),
    agent: weightsOf(-6.0924, {
      failed: -1.0628,
      "follows-read": 0.9688,
      surprise: 0.3287,
      "new-operation": 2.2693,
      "new-party": 2.3747,
      "new-code": 1.3936,
      "new-text": 2.3747,
      "earlier-novelty": -0.393,
      "reserved-name": -2.1012,
      "seen-earlier": -0.9531,
    }),
    "agent+provenance": weightsOf(-6.7789, {
      failed: -1.3635,
      "follows-read": 0.7418,
      surprise: 0.3128,
      "new-operation": 2.731,
      "new-party": 1.9086,
      "new-code": 1.2812,
      "new-text": 1.9086,
      "earlier-novelty": -0.5593,
      "reserved-name": -1.0759,
      "seen-earlier": -1.0241,
      "output-share": 1.3003,
      "output-party": 1.7624,
      "output-text": 1.3273,
      "own-words": -1.0317,
      "output-word": 2.2559,
    }),
  },
};
