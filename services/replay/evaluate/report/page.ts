/** An evaluation as one HTML file: its plots are in it, and it asks the network for nothing. */
import type { EvaluationOutcome, Figures } from "../outcome.ts";
import { count, decimal, fourDigits, percent, twoDigits, within } from "../wording.ts";
import type { Colour } from "./chart.ts";
import { html, htmlTable, type Markup } from "./markup.ts";
import { distributionPlot, learningPlot, partsPlot, promisePlot, rocPlot, termsPlot } from "./plots.ts";
import { STYLE } from "./style.ts";

/** What was asked, as far as it says how to read the figures. */
export interface ReportScope {
  readonly hasWorkflow: boolean;
  readonly hasProvenance: boolean;
  /** Files by what they were used for. */
  readonly files: Readonly<Record<string, readonly string[]>>;
}

/** The whole page. */
export async function reportPage(outcome: EvaluationOutcome, asked: ReportScope): Promise<string> {
  const sections = [
    await quality(outcome),
    await promises(outcome),
    await parts("Agents", outcome.perAgent, outcome),
    await parts("Models", outcome.perModel, outcome),
    await learning(outcome),
    await terms(outcome),
    workflows(outcome),
    provenance(outcome, asked),
  ];
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>How good detection is</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${{ markup: STYLE }}</style></head><body>
${head(outcome, asked)}
${sections}
</body></html>
`;
  return page.markup;
}

function head(outcome: EvaluationOutcome, { hasWorkflow, hasProvenance }: ReportScope): Markup {
  const { sessions, learnedFrom, auc, intervals, tprAtFpr, inTime, alertsPer1000CallsAtFpr } = outcome;
  const [low, high] = intervals.auc;
  const judged = count(sessions.benign + sessions.attack + sessions.resisted);
  const tile = (name: string, value: string, more: string) =>
    html`<div><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>`;
  const caught = Object.entries(tprAtFpr).map(([rate, tpr]) => {
    const [from, to] = intervals.tprAtFpr[rate] ?? [Number.NaN, Number.NaN];
    const more = `${decimal(from * 100)} to ${decimal(to * 100)} %; ${percent(inTime[rate])} in time; ${decimal(alertsPer1000CallsAtFpr[rate])} alerts per 1,000 benign calls`;
    return tile(`caught at ${percent(Number(rate))} false alerts`, percent(tpr), more);
  });
  return html`<header><h1>How good detection is</h1>
<p class="quiet">${judged} sessions judged by what ${count(learnedFrom)} taught: ${count(sessions.benign)} benign,
${count(sessions.attack)} attacks, ${count(sessions.resisted)} resisted.
${hasWorkflow ? "Workflows were declared" : "No workflow was declared"};
${hasProvenance ? "the origin of arguments was known" : "no content was seen"}.</p>
<dl class="tiles">${tile("AUC", fourDigits(auc), `${fourDigits(low)} to ${fourDigits(high)}`)}${caught}</dl></header>`;
}

function section(title: string, text: string, ...content: readonly Markup[]): Markup {
  return html`<section><h2>${title}</h2><p>${text}</p>${content}</section>`;
}

const figure = (chart: Markup, legend: Readonly<Record<string, Colour>> = {}) => {
  const keys = Object.entries(legend).map(
    ([name, colour]) => html`<span><i style="background: var(--${colour})"></i>${name}</span>`,
  );
  return html`<figure>${chart}<figcaption class="legend">${keys}</figcaption></figure>`;
};

async function quality(outcome: EvaluationOutcome): Promise<Markup> {
  return section(
    "Attacks against benign sessions",
    "A session scores as its worst call. Left of the dots fewer benign sessions alert; the dashed line is guessing. Dashed strokes among the scores are the thresholds of the rates that were asked for, read on these sessions; its first bin also holds sessions that made no call.",
    figure(await rocPlot(outcome), { "attacks caught": "attack", "rates asked for": "ink" }),
    figure(await distributionPlot(outcome), {
      benign: "benign",
      attacks: "attack",
      "resisted attacks": "resisted",
    }),
  );
}

async function promises(outcome: EvaluationOutcome): Promise<Markup> {
  const rows = [["all", outcome] as const, ...Object.entries(outcome.perAgent)].flatMap(
    ([name, { calibrated }]) =>
      calibrated.map(({ promised, realised, spread, tpr, unjudged }) => [
        name,
        percent(promised),
        `${percent(realised)} ± ${decimal(spread * 100)}`,
        percent(tpr),
        percent(unjudged),
      ]),
  );
  return section(
    "False alerts, promised and realised",
    "Here thresholds come from benign training sessions alone, judged by what was learned without their trust unit: each agent's own, which no single trust unit can raise. Strokes are promises, dots what became of them on average over 20 splits of these scores, lines their standard deviation.",
    figure(await promisePlot(outcome), { promised: "muted", realised: "benign" }),
    htmlTable(["", "promised", "realised", "caught", "too little to judge by"], rows),
  );
}

async function parts(
  title: string,
  some: Readonly<Record<string, Figures>>,
  { tprAtFpr }: EvaluationOutcome,
): Promise<Markup> {
  const rates = Object.keys(tprAtFpr);
  return section(
    title,
    "Lines are 95 % intervals. Each row has thresholds of its own, read on its sessions.",
    figure(await partsPlot(some, rates[0] ?? "")),
    figuresTable(some, rates),
  );
}

function figuresTable(some: Readonly<Record<string, Figures>>, rates: readonly string[]): Markup {
  const titles = rates.flatMap((rate) => [`caught at ${percent(Number(rate))}`, "in time"]);
  const rows = Object.entries(some).map(([name, figures]) => [
    name,
    count(figures.sessions.benign),
    count(figures.sessions.attack),
    count(figures.sessions.resisted),
    fourDigits(figures.auc),
    ...rates.flatMap((rate) => [
      within(figures.tprAtFpr[rate], figures.intervals.tprAtFpr[rate] ?? [Number.NaN, Number.NaN]),
      percent(figures.inTime[rate]),
    ]),
    decimal(figures.alertsPer1000Calls),
  ]);
  return htmlTable(["", "benign", "attacks", "resisted", "AUC", ...titles, "alerts/1000 calls"], rows);
}

async function learning(outcome: EvaluationOutcome): Promise<Markup> {
  const colours: readonly Colour[] = ["attack", "third", "resisted"];
  const rates = Object.keys(outcome.tprAtFpr).map((rate, at) => [
    `caught at ${percent(Number(rate))}`,
    colours[at % colours.length] ?? "resisted",
  ]);
  return section(
    "With less history",
    "The same sessions judged by what a part of the history taught.",
    figure(await learningPlot(outcome), { AUC: "ink", ...Object.fromEntries(rates) }),
  );
}

async function terms(outcome: EvaluationOutcome): Promise<Markup> {
  const [rate = ""] = Object.keys(outcome.tprAtFpr);
  const rows = outcome.terms.map(({ name, means, points, without }) => [
    name,
    twoDigits(points.benign),
    twoDigits(points.attack),
    fourDigits(without.auc),
    percent(without.tprAtFpr[rate]),
    means,
  ]);
  return section(
    "What the score is made of",
    "Points that a term adds to the worst call of a session, on average. Without it: the same weights with this one 0, not fitted anew.",
    figure(await termsPlot(outcome), { benign: "benign", attacks: "attack" }),
    htmlTable(
      ["", "benign", "attacks", "AUC without it", `caught at ${percent(Number(rate))} without it`, "it says"],
      rows,
    ),
  );
}

function workflows({ perWorkflow, tprAtFpr }: EvaluationOutcome): Markup {
  const table = figuresTable(perWorkflow, Object.keys(tprAtFpr));
  return html`<details><summary>Each of ${count(Object.keys(perWorkflow).length)} workflows</summary>${table}</details>`;
}

function provenance({ weights }: EvaluationOutcome, { files }: ReportScope): Markup {
  const used = Object.entries(files).map(([name, paths]) => [name, paths.join(", ")]);
  const card =
    weights === "shipped" ? "Those that come with the product." : `Fitted on ${weights.card.fittedOn}.`;
  return section("What it was made from", `Weights: ${card}`, htmlTable(["used for", "files"], used));
}
