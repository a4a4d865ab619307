import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { SHIPPED } from "../../detectors/evidence/shipped.ts";
import { attack, benign, mixed, type Recording } from "../replay/evaluate/recordings.ts";
import { ran } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-evaluate-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
function record(name: string, sessions: readonly object[]): string {
  writeFileSync(path(name), sessions.map((session) => `${JSON.stringify(session)}\n`).join(""));
  return path(name);
}

const train = record("train", mixed(90));
const test = record("test", mixed(60, 200));

/** Evaluates; answers the figures and the scores. */
async function evaluated(...args: readonly string[]) {
  const out = path("out.json");
  const ended = await ran("evaluate", "--train", train, "--test", test, "--json", out, ...args);
  expect([ended.code, ended.err]).toEqual([0, ""]);
  return { outcome: JSON.parse(readFileSync(out, "utf8")), scores: linesOf("out.scores.ndjson"), ended };
}

interface ScoreLine {
  readonly id: string;
  readonly score: number;
  readonly firstAlertIndex: Readonly<Record<string, number | null>>;
}
const linesOf = (name: string): ScoreLine[] =>
  readFileSync(path(name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("offgraph evaluate", () => {
  it("tells attacks from benign sessions, in time, and says how surely", async () => {
    const { outcome, ended } = await evaluated();
    expect(outcome).toMatchObject({
      sessions: { benign: 60, attack: 60, resisted: 0 },
      auc: 1,
      tprAtFpr: { "0.01": 1, "0.05": 1 },
      inTime: { "0.01": 1, "0.05": 1 },
      alertsPer1000Calls: 0,
      learnedFrom: 90,
    });
    expect(Object.keys(outcome.perModel)).toEqual(["one", "three", "two"]);
    expect(outcome.perWorkflow["payer/pay"].sessions).toEqual({ benign: 30, attack: 30, resisted: 0 });
    expect(outcome.calibrated.map(({ promised }: { promised: number }) => promised)).toEqual([0.01, 0.05]);
    expect(outcome.perAgent.payer.calibrated).toEqual(outcome.calibrated);
    expect(outcome.perModel.two.calibrated).toHaveLength(2);
    expect(outcome.learningCurve.at(-1)).toMatchObject({ sessions: 90, auc: 1, tprAtFpr: { "0.01": 1 } });
    expect(ended.out).toContain("1.0000");
  });

  it("says what each term of the evidence is worth", async () => {
    const { outcome } = await evaluated();
    const terms = new Map(outcome.terms.map((term: { name: string }) => [term.name, term]));
    expect(terms.get("new-party")).toMatchObject({
      points: { benign: 0 },
      without: { auc: expect.any(Number) },
    });
    expect(terms.has("output-party")).toBe(false);
    const { outcome: sighted } = await evaluated("--provenance");
    expect(sighted.terms.map(({ name }: { name: string }) => name)).toContain("output-party");
  });

  it("writes a line for each session, with the call that passed each threshold", async () => {
    const { scores, outcome } = await evaluated("--at-fpr", "0.1");
    expect(scores).toHaveLength(120);
    expect(outcome.scores).toBe(path("out.scores.ndjson"));
    expect(scores.find(({ id }) => id === "executed-200")?.firstAlertIndex).toEqual({ "0.1": 1 });
    expect(scores.find(({ id }) => id === "benign-200")?.firstAlertIndex).toEqual({ "0.1": null });
  });

  it("gives the same scores whatever the labels of the test say", async () => {
    const { scores } = await evaluated();
    const labels = ["executed", "resisted", "benign", "success_unlocated"];
    const lying = mixed(60, 200).map(({ commit: _, ...session }, at) => ({
      ...session,
      label: labels[at % 4],
      inj: "other",
      ev: session.ev.map((call) => call.slice(0, 5)),
    }));
    const permuted = await ran(
      "evaluate",
      "--train",
      train,
      "--test",
      record("lying", lying),
      "--json",
      path("p"),
    );
    expect(permuted.code).toBe(0);
    const scoreOf = ({ id, score }: ScoreLine) => [id, score];
    expect(linesOf("p.scores.ndjson").map(scoreOf)).toEqual(scores.map(scoreOf));
  });

  it("learns nothing from what it judges: the order of the test does not matter", async () => {
    const { scores } = await evaluated();
    const backwards = record("backwards", mixed(60, 200).toReversed());
    await ran("evaluate", "--train", train, "--test", backwards, "--json", path("b"));
    const byId = (lines: ScoreLine[]) => new Map(lines.map(({ id, score }) => [id, score]));
    expect(byId(linesOf("b.scores.ndjson"))).toEqual(byId(scores));
  });

  it("scores agents of which nothing was learned, and sessions that made no call", async () => {
    const strangers = mixed(10, 500).map((session) => ({ ...session, agent: "other" }));
    const silent = { ...benign(1), id: "silent", ev: [] };
    const odd = record("odd", [...strangers, silent]);
    const ended = await ran("evaluate", "--train", train, "--test", odd, "--json", path("o"));
    expect(ended.code).toBe(0);
    const scores = linesOf("o.scores.ndjson");
    expect(scores).toHaveLength(21);
    const lowest = Math.min(...scores.map(({ score }) => score));
    expect(scores.find(({ id }) => id === "silent")?.score).toBe(lowest);
  });

  it("fits weights to labelled history, and tells no workflow if it is told so", async () => {
    const { outcome } = await evaluated("--fit", train, "--no-workflow");
    expect(outcome.auc).toBe(1);
    expect(outcome.weights.card.fittedOn).toContain("agent: 90 benign and 90 attacks");
  });

  it("fits to where arguments came from, and to sessions without it for the calls that have no arguments", async () => {
    const { outcome } = await evaluated("--fit", train, "--provenance");
    for (const context of ["workflow+provenance", "workflow"])
      expect(outcome.weights.card.fittedOn).toContain(`${context}: 90 benign and 90 attacks`);
  });

  it("uses where arguments came from only if it is asked to", async () => {
    const [without, with_] = [await evaluated(), await evaluated("--provenance")];
    const scoreOf = (lines: ScoreLine[]) => lines.find(({ id }) => id === "executed-200")?.score;
    expect(scoreOf(without.scores)).not.toBe(scoreOf(with_.scores));
  });

  it("may learn from everything, as in the field, where the attacks are then no longer new", async () => {
    const [labelled, unlabelled] = [await evaluated(), await evaluated("--train-unlabelled")];
    expect(unlabelled.outcome.learnedFrom).toBe(180);
    const scoreOf = (lines: ScoreLine[]) => lines.find(({ id }) => id === "executed-200")?.score ?? 0;
    expect(scoreOf(unlabelled.scores)).toBeLessThan(scoreOf(labelled.scores));
  });

  it("takes the scores that thresholds are promised by from other files", async () => {
    const calm = record(
      "calm",
      Array.from({ length: 200 }, (_, at) => benign(1000 + at)),
    );
    const { outcome } = await evaluated("--calibrate-on", calm, "--at-fpr", "0.05");
    expect(outcome.calibrated[0]).toMatchObject({ promised: 0.05, tpr: 1, splits: 20 });
    expect(outcome.calibrated[0].realised).toBeLessThan(0.2);
  });

  it("says what to change where too little is there to judge by", async () => {
    const [low, high] = [await evaluated("--at-fpr", "0.001"), await evaluated("--at-fpr", "0.2")];
    expect([low.outcome.calibrated[0].unjudged, high.outcome.calibrated[0].unjudged]).toEqual([1, 0]);
    expect(low.ended.out).toContain("promise a higher rate");
    expect(high.ended.out).not.toContain("promise a higher rate");
  });

  it("writes a report that asks the network for nothing, and in which names are nothing but text", async () => {
    const odd = mixed(30, 700).map((session) => ({ ...session, model: "<img src=x onerror=alert(1)>" }));
    const page = path("report.html");
    const ended = await ran("evaluate", "--train", train, "--test", record("named", odd), "--html", page);
    expect([ended.code, ended.err]).toEqual([0, ""]);
    const text = readFileSync(page, "utf8");
    expect(text).not.toMatch(/<img|<script|<link|@import|url\(/);
    expect(
      [...text.matchAll(/https?:\/\/[\w.]+/g)]
        .map(([link]) => link)
        .filter((link) => link !== "http://www.w3.org"),
    ).toEqual([]);
    expect(text).toContain("&lt;img src=x onerror=alert(1)&gt;");
    for (const plot of [
      "Attacks against benign",
      "promised and realised",
      "Models",
      "With less history",
      "made of",
    ])
      expect(text.slice(text.indexOf(plot))).toContain("<svg");
  });

  it("writes a report of sessions among which nothing can be measured", async () => {
    const calm = record(
      "calm-test",
      Array.from({ length: 5 }, (_, at) => benign(at + 800)),
    );
    const ended = await ran("evaluate", "--train", train, "--test", calm, "--html", path("calm.html"));
    expect([ended.code, ended.err]).toEqual([0, ""]);
    expect(readFileSync(path("calm.html"), "utf8")).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("writes scores for spreadsheets, in which no name is a formula", async () => {
    const odd = [{ ...benign(900), id: '=1+1,"x"' }, attack(901)];
    await ran(
      "evaluate",
      "--train",
      train,
      "--test",
      record("odd-names", odd),
      "--csv",
      path("s.csv"),
      "--at-fpr",
      "0.5",
    );
    const [titles, first, second] = readFileSync(path("s.csv"), "utf8").split("\r\n");
    expect(titles).toBe("id,agent,workflow,version,calls,score,firstAlertIndex at 0.5");
    expect(first).toMatch(/^"'=1\+1,""x""",payer,payer\/pay,one\+none,2,-[\d.]+,$/);
    expect(second).toMatch(/^executed-901,payer,payer\/ask,two\+none,3,[\d.]+,1$/);
  });

  it("says what is missing", async () => {
    const attacks: Recording[] = [attack(1), attack(2)];
    const nothing = await ran("evaluate", "--train", record("attacks", attacks), "--test", test);
    expect([nothing.code, nothing.err]).toEqual([2, expect.stringContaining("no session labelled benign")]);
    const unfit = await ran("evaluate", "--train", train, "--test", test, "--fit", path("attacks"));
    expect([unfit.code, unfit.err]).toEqual([
      2,
      expect.stringContaining("at least 20 sessions labelled benign"),
    ]);
    const rate = await ran("evaluate", "--train", train, "--test", test, "--at-fpr", "5");
    expect([rate.code, rate.err]).toEqual([2, expect.stringContaining("shares between 0 and 1")]);
    const same = await ran("evaluate", "--train", train, "--test", test, "--json", test);
    expect([same.code, same.err]).toEqual([2, expect.stringContaining("is the same file")]);
  });
});

describe("offgraph tune fit", () => {
  it("writes settings with weights that the evaluation then uses", async () => {
    const settings = path("weights.yaml");
    const fitted = await ran("tune", "fit", train, "--output", settings);
    expect([fitted.code, fitted.out]).toEqual([0, ""]);
    const [own, shipped] = [await evaluated("--config", settings), await evaluated()];
    expect(own.outcome.auc).toBe(1);
    const card = own.outcome.weights.card.fittedOn;
    expect(own.outcome.weights.version).toBeGreaterThan(SHIPPED.version);
    for (const context of ["workflow+provenance", "workflow", "agent+provenance", "agent"])
      expect(card).toContain(`${context}: 90 benign and 90 attacks`);
    expect(own.scores.map(({ score }) => score)).not.toEqual(shipped.scores.map(({ score }) => score));
  });

  it("blames the calls that were malicious, also where others have no arguments", async () => {
    const quiet = ["erp", "ping", {}, "ok", {}] as const;
    const sessions = mixed(90).map(({ commit, ev, ...session }) => ({
      ...session,
      ...(commit === undefined ? {} : { commit: commit + 1 }),
      ev: [quiet, ...ev],
    }));
    const fitted = await ran("tune", "fit", record("with-ping", sessions));
    const { weights } = parse(fitted.out).detectors["out-of-graph"];
    for (const context of ["workflow", "workflow+provenance", "agent", "agent+provenance"])
      expect(weights.contexts[context].terms["new-party"]).toBeGreaterThan(0.1);
  });

  it("refuses history without attacks", async () => {
    const calm = record(
      "no-attacks",
      Array.from({ length: 40 }, (_, at) => benign(at)),
    );
    const refused = await ran("tune", "fit", calm);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("as many labelled executed")]);
  });
});
