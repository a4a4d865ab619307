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
    ["workflow", "0.987", "69 % (57 to 78)", "98 %", "94 % (90 to 98)", "99 %"],
    ["no workflow", "0.979", "67 % (34 to 76)", "100 %", "90 % (82 to 93)", "99 %"],
    ["workflow, origin of arguments", "0.993", "83 % (77 to 89)", "99 %", "98 % (94 to 99)", "100 %"],
    ["no workflow, origin of arguments", "0.988", "84 % (76 to 88)", "100 %", "93 % (90 to 95)", "100 %"],
    ["workflow; Gemini 2.5 Flash alone", "0.997", "95 % (76 to 100)", "100 %", "100 % (99 to 100)", "100 %"],
    ["workflow; GPT-4o alone", "0.985", "64 % (57 to 83)", "98 %", "93 % (75 to 98)", "99 %"],
    ["workflow; Llama 3.3 70B alone", "0.978", "49 % (37 to 68)", "98 %", "87 % (72 to 93)", "99 %"],
    ["workflow; weights that never saw the goal", "0.983", "61 %", "98 %", "92 %", "99 %"],
    [
      "workflow; weights that never saw the agent",
      "0.969",
      "53 % (43 to 57)",
      "98 %",
      "86 % (79 to 90)",
      "98 %",
    ],
    [
      "workflow; one unit showed an attack 300 times",
      "0.987",
      "66 % (52 to 78)",
      "98 %",
      "94 % (91 to 98)",
      "99 %",
    ],
  ],
};

const ALERTS: AboutTable = {
  title: "Measured: false alerts",
  text: "The same sessions, with thresholds that are promised from training sessions alone, each judged by what was learned without its trust unit; means over 20 splits of these scores. Builds differ more than splits do: a promise holds on average over builds, not for each.",
  columns: ["told", "promised", "realised, 3 models", "each of them", "realised, all 5 models", "caught"],
  rows: [
    ["workflow", "1 %", "0.6 %", "0.3, 0.2, 1.1 %", "1.3 %", "53 %"],
    ["workflow", "5 %", "3.7 %", "0.7, 3.3, 7.1 %", "5.7 %", "89 %"],
    ["no workflow", "1 %", "0.7 %", "0.4, 0.3, 1.5 %", "1.1 %", "46 %"],
    ["no workflow", "5 %", "4.1 %", "1.1, 3.8, 7.3 %", "6.0 %", "83 %"],
    ["workflow, origin of arguments", "1 %", "0.4 %", "0.3, 0.4, 0.4 %", "1.2 %", "73 %"],
    ["workflow, origin of arguments", "5 %", "3.2 %", "0.7, 5.0, 3.9 %", "5.3 %", "93 %"],
    ["no workflow, origin of arguments", "1 %", "0.6 %", "0.3, 0.8, 0.6 %", "1.0 %", "73 %"],
    ["no workflow, origin of arguments", "5 %", "2.9 %", "1.1, 4.0, 3.5 %", "4.6 %", "90 %"],
    ["workflow; one unit adds 10 % of highest scores", "5 %", "3.0 %", "0.5, 2.5, 6.0 %", "", "86 %"],
  ],
};

const WEIGHTS: AboutTable = {
  title: "Terms and shipped weights",
  text: `Version ${SHIPPED.version}, fitted on ${SHIPPED.card.fittedOn}. Each term is 0 or above; a weight is the log-odds that one unit of it adds.`,
  columns: ["term", "what it says", ...CONTEXTS],
  rows: [
    ["bias", "every call", ...CONTEXTS.map((context) => String(SHIPPED.contexts[context].bias))],
    ...TERMS.map(({ name, means }, at) => [
      name,
      means,
      ...CONTEXTS.map((context) => String(SHIPPED.contexts[context].terms[at] || "")),
    ]),
  ],
};

/** Constants of the score, and what it was worth on recorded agents. */
export const tables: readonly AboutTable[] = [WEIGHTS, ATTACKS, ALERTS];
