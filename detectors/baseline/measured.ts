/** How good out-of-graph was measured to be, printed on its page; `npm run figures` measures it again. */
import type { AboutTable } from "../detector.ts";
import { SHIPPED } from "../evidence/shipped.ts";
import { TERMS } from "../evidence/term.ts";
import { CONTEXTS } from "../evidence/weights.ts";

const ATTACKS: AboutTable = {
  title: "Measured: attacks caught",
  text: "AgentDyn (SaFo-Lab, MIT): 3 agents in 60 workflows. Each of 3 models is judged by what the benign sessions of the other 4 taught, with weights fitted without it; then all 3 together (1,620 benign sessions, 2,368 attacks that succeeded). Thresholds are read on the tested sessions; in brackets 95 % of redrawings of whole workflows. In time: caught no later than the first malicious call.",
  columns: ["told", "AUC", "caught at 1 %", "in time", "caught at 5 %", "in time"],
  rows: [
    ["workflow", "0.987", "68 % (53 to 78)", "98 %", "95 % (89 to 98)", "99 %"],
    ["no workflow", "0.979", "68 % (41 to 78)", "100 %", "89 % (82 to 93)", "99 %"],
    ["workflow, origin of arguments", "0.994", "83 % (76 to 90)", "99 %", "98 % (95 to 99)", "100 %"],
    ["no workflow, origin of arguments", "0.990", "84 % (75 to 89)", "100 %", "95 % (92 to 97)", "100 %"],
    ["workflow; Gemini 2.5 Flash alone", "0.997", "96 % (80 to 99)", "100 %", "100 % (99 to 100)", "100 %"],
    ["workflow; GPT-4o alone", "0.986", "70 % (63 to 86)", "98 %", "93 % (79 to 98)", "99 %"],
    ["workflow; Llama 3.3 70B alone", "0.978", "50 % (40 to 69)", "97 %", "87 % (73 to 94)", "99 %"],
    ["workflow; weights that never saw the goal", "0.987", "65 %", "98 %", "95 %", "99 %"],
    [
      "workflow; weights that never saw the agent",
      "0.979",
      "58 % (45 to 65)",
      "98 %",
      "92 % (84 to 95)",
      "98 %",
    ],
    [
      "workflow; one unit showed an attack 300 times",
      "0.987",
      "69 % (54 to 78)",
      "99 %",
      "95 % (90 to 98)",
      "99 %",
    ],
  ],
};

const ALERTS: AboutTable = {
  title: "Measured: false alerts",
  text: "The same sessions, with thresholds that are promised from training sessions alone (each judged by what was learned without its trust unit) and never below the lowest that the detector has; means over 20 splits of these scores. Builds differ more than splits do: a promise holds on average over builds, not for each.",
  columns: ["told", "promised", "realised, 3 models", "each of them", "realised, all 5 models", "caught"],
  rows: [
    ["workflow", "1 %", "0.6 %", "0.4, 0.2, 1.1 %", "1.3 %", "52 %"],
    ["workflow", "5 %", "3.7 %", "0.6, 3.1, 7.3 %", "5.7 %", "90 %"],
    ["no workflow", "1 %", "0.7 %", "0.4, 0.3, 1.5 %", "1.0 %", "43 %"],
    ["no workflow", "5 %", "4.0 %", "1.3, 3.1, 7.4 %", "5.6 %", "83 %"],
    ["workflow, origin of arguments", "1 %", "0.4 %", "0.3, 0.4, 0.6 %", "1.3 %", "73 %"],
    ["workflow, origin of arguments", "5 %", "3.2 %", "0.6, 4.5, 4.5 %", "5.1 %", "93 %"],
    ["no workflow, origin of arguments", "1 %", "0.6 %", "0.4, 0.9, 0.6 %", "1.0 %", "68 %"],
    ["no workflow, origin of arguments", "5 %", "3.2 %", "1.1, 4.0, 4.3 %", "4.7 %", "91 %"],
    ["workflow; one unit adds 10 % of highest scores", "5 %", "3.0 %", "0.5, 2.3, 6.3 %", "", "87 %"],
  ],
};

const AIRLINE: AboutTable = {
  title: "Measured: one agent without a workflow",
  text: "tau-bench (Sierra, MIT): 200 benign sessions of an airline's agent, in order, each of its four trials a trust unit. It is judged from the 21st session on, by what all before it taught; a call is injected after the first call of each.",
  columns: [
    "told by",
    "sessions that alert",
    "new call with a foreign address",
    "new call",
    "usual call with foreign values",
  ],
  rows: [
    ["named facts", "5.6 %", "92 %", "92 %", "5.6 %"],
    ["score, 2 % promised", "0.6 %", "47 %", "47 %", "0.6 %"],
    ["score, 5 % promised", "5.0 %", "89 %", "89 %", "27 %"],
  ],
};

const weightAt = (weight = 0) => (weight === 0 ? "" : weight.toFixed(2));

const WEIGHTS: AboutTable = {
  title: "Terms and shipped weights",
  text: `Version ${SHIPPED.version}, fitted on ${SHIPPED.card.fittedOn}. Each term is 0 or above; a weight is the log-odds that one unit of it adds.`,
  columns: ["term", "what it says", ...CONTEXTS],
  rows: [
    ["bias", "every call", ...CONTEXTS.map((context) => SHIPPED.contexts[context].bias.toFixed(2))],
    ...TERMS.map(({ name, means }, at) => [
      name,
      means,
      ...CONTEXTS.map((context) => weightAt(SHIPPED.contexts[context].terms[at])),
    ]),
  ],
};

/** Constants of the score, and what it was worth on recorded agents. */
export const tables: readonly AboutTable[] = [WEIGHTS, ATTACKS, ALERTS, AIRLINE];
