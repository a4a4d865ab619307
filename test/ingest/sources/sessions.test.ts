import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventInput } from "../../../services/ingest/event-input.ts";
import { fieldName, targetsOf } from "../../../services/ingest/sources/session-targets.ts";
import { sessions } from "../../../services/ingest/sources/sessions.ts";

type Call = [string, string, Record<string, unknown> | null, string, Record<string, string>?, unknown?];

const SESSION = {
  id: "s-1",
  agent: "shopping",
  model: "model-a",
  defense: "none",
  workflow: "shopping/user_task_0",
  ev: [
    ["fs", "read_file", { path: "/orders.txt" }, "ok", { path: "p" }],
    [
      "email",
      "send_email",
      { recipients: ["a@example.com", "b@example.com"] },
      "denied",
      { recipients: "no" },
    ],
  ] as Call[],
};
const LABELS = {
  label: "executed",
  inj: "injection_task_0",
  commit: 1,
  utility: true,
  success: true,
  dur: 4.2,
  t0: 17,
  trial: 0,
};

function convert(...records: unknown[]) {
  const labels: object[] = [];
  const converter = sessions.open({ truth: (label) => labels.push(label) });
  const converted = records.map(converter);
  for (const event of converted.flatMap(({ events }) => events)) EventInput.parse(event);
  return { converted, labels, events: converted.flatMap(({ events }) => events) };
}
const sessionWith = (ev: Call[], id = "s-1") => ({ ...SESSION, id, ev });
const callsOf = (count: number): Call[] => Array.from({ length: count }, () => ["fs", "read_file", {}, "ok"]);
const timesOf = (...records: object[]) => convert(...records).events.map(({ time }) => Date.parse(time));

describe("a recorded session", () => {
  it("becomes one event for each call, in order", () => {
    const { events } = convert(SESSION);
    expect(JSON.parse(JSON.stringify(events))).toEqual([
      {
        kind: "api.called",
        id: "s-1#0",
        time: "2026-01-01T00:00:00.000Z",
        agent: { id: "shopping", version: "model-a+none" },
        trustUnit: "model-a+none",
        workflow: "shopping/user_task_0",
        session: "s-1",
        operation: {
          service: "fs",
          name: "read_file",
          tier: 0,
          targets: { path: ["/orders.txt"] },
          provenance: { path: "request" },
        },
        outcome: { result: "ok" },
      },
      expect.objectContaining({
        id: "s-1#1",
        time: "2026-01-01T00:00:02.000Z",
        operation: {
          service: "email",
          name: "send_email",
          tier: 2,
          targets: { recipients: ["a@example.com", "b@example.com"] },
          provenance: { recipients: "output" },
        },
        outcome: { result: "denied" },
      }),
    ]);
  });

  it("without calls becomes none, and is not refused", () => {
    expect(convert(sessionWith([])).converted).toEqual([{ events: [] }]);
  });

  it("without a defence has the model alone as build", () => {
    const { defense: _, ...record } = SESSION;
    expect(convert(record).events[0]).toMatchObject({ agent: { version: "model-a" }, trustUnit: "model-a" });
  });

  it.each([
    ["ok", { result: "ok" }],
    ["error", { result: "error" }],
    ["denied", { result: "denied" }],
    ["unknown_tool", { result: "error", reason: "unknown_tool" }],
    ["none", undefined],
  ])("with a call that ended %s says what is known", (outcome, expected) => {
    expect(convert(sessionWith([["fs", "read_file", {}, outcome]])).events[0]).toHaveProperty(
      "outcome",
      expected,
    );
  });
});

describe("made-up times", () => {
  it("keep every order: of calls, and of sessions one after the other", () => {
    const counts = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(counts, (lengths) => {
        const times = timesOf(...lengths.map((length, index) => sessionWith(callsOf(length), `s-${index}`)));
        for (let index = 1; index < times.length; index++)
          expect(times[index]).toBeGreaterThan(times[index - 1] ?? 0);
      }),
      { numRuns: 30 },
    );
  });

  it("start a session every minute and a call every two seconds", () => {
    const start = Date.parse("2026-01-01T00:00:00Z");
    const times = timesOf(sessionWith(callsOf(2)), sessionWith([]), sessionWith(callsOf(60)));
    expect(times.slice(0, 4).map((time) => time - start)).toEqual([0, 2000, 120_000, 121_000]);
  });

  it("stay in order in the longest session that is taken, and a longer one is refused", () => {
    const times = timesOf(sessionWith(callsOf(10_000)));
    expect(new Set(times).size).toBe(10_000);
    const { converted } = convert(sessionWith(callsOf(10_001)));
    expect(converted[0]?.refused?.message).toContain("ev");
  });
});

describe("labels", () => {
  it("go to the truth, with the session that they are about", () => {
    const ev: Call[] = [
      ["fs", "read_file", {}, "ok", {}],
      ["bank", "send_money", {}, "ok", {}, 1],
    ];
    const whose = { agent: "shopping", workflow: "shopping/user_task_0", version: "model-a+none" };
    expect(convert({ ...sessionWith(ev), ...LABELS }).labels).toEqual([
      { session: "s-1", ...whose, ...LABELS, malicious: [1] },
    ]);
  });

  it("change no event, whatever they are", () => {
    const label = fc.dictionary(fc.constantFrom(...Object.keys(LABELS), "malicious"), fc.jsonValue());
    const unlabelled = JSON.stringify(convert(SESSION, SESSION).events);
    fc.assert(
      fc.property(label, label, fc.jsonValue(), (first, second, malicious) => {
        const ev = SESSION.ev.map((call) => [...call, malicious]);
        const { events } = convert({ ...SESSION, ev, ...first }, { ...second, ...SESSION });
        expect(JSON.stringify(events)).toBe(unlabelled);
      }),
    );
  });
});

describe("targets", () => {
  it("are texts, numbers, and elements of lists; yes, no and nothing name nobody", () => {
    expect(
      targetsOf({ to: ["a", "b", "a"], amount: 12.5, force: true, cc: null, empty: "", none: [] }),
    ).toEqual({
      to: ["a", "b"],
      amount: ["12.5"],
    });
    expect(targetsOf({ force: true })).toBeUndefined();
    expect(targetsOf(null)).toBeUndefined();
  });

  it("are found one level deep in objects, also where a model wrote them as text", () => {
    const attachments = ['{"file_path": "/a.pdf", "meta": {"size": 1}}', '{"file_path": "/b.pdf"}'];
    expect(targetsOf({ attachments })).toEqual({ "attachments.file_path": ["/a.pdf", "/b.pdf"] });
    expect(targetsOf({ who: { name: "bob", deep: { er: 1 } } })).toEqual({ "who.name": ["bob"] });
    expect(targetsOf({ text: "[no JSON" })).toEqual({ text: ["[no JSON"] });
  });

  it("leave out what is content", () => {
    expect(targetsOf({ body: "x".repeat(121), note: "two\nlines", short: "x".repeat(120) })).toEqual({
      short: ["x".repeat(120)],
    });
  });

  it("are at most sixteen", () => {
    const ids = Array.from({ length: 20 }, (_, index) => index);
    expect(targetsOf({ ids, more: "x" })).toEqual({ ids: ids.slice(0, 16).map(String) });
  });

  it("leave out secrets by the argument's name and by what a text speaks of", () => {
    const args = {
      password: "hunter2",
      new_password: "hunter2",
      otp: 123456,
      api_key: "k",
      body: "The password is hunter2",
      url: "https://example.com/login?password=hunter2",
      key: "-----BEGIN OPENSSH PRIVATE KEY-----",
      path: "/home/alice/password.txt",
      bishop: "c4",
    };
    expect(targetsOf(args)).toEqual({ path: ["/home/alice/password.txt"], bishop: ["c4"] });
  });

  it("of a form stand under the names of its fields, so that its password is known", () => {
    const form = { input_ids: ["user_field", "password_field"], input_values: ["alice", "hunter2"] };
    expect(targetsOf(form)).toEqual({ user_field: ["alice"] });
    expect(targetsOf({ ...form, input_values: ["hunter2"] })).toBeUndefined();
  });

  it("stand under names that the schema allows", () => {
    expect(fieldName("File Id")).toBe("File_Id");
    expect(fieldName("_recipients")).toBe("recipients");
    expect(fieldName(" ")).toBeUndefined();
    const polluting = JSON.parse('{"__proto__": "a", "constructor": "b", "": "c"}');
    expect(Object.entries(targetsOf(polluting) ?? {})).toEqual([
      ["proto__", ["a"]],
      ["constructor", ["b"]],
    ]);
  });

  it("are always what the schema takes", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (args) => {
        const { events, converted } = convert(sessionWith([["fs", "read_file", args, "ok"]]));
        expect(converted[0]?.refused).toBeUndefined();
        expect(events).toHaveLength(1);
      }),
    );
  });
});

describe("refusals", () => {
  it.each([
    [{ hello: "world" }, "unknown-record", "ev"],
    [{ ...SESSION, agent: 7 }, "invalid-event", "agent"],
    [{ ...SESSION, model: ["m"] }, "invalid-event", "model"],
    [{ ...SESSION, workflow: "two\nlines" }, "invalid-event", "workflow"],
    [{ ...SESSION, ev: "none" }, "invalid-event", "ev"],
    [{ ...SESSION, ev: [["fs", "read_file"]] }, "invalid-event", "ev.0"],
    [{ ...SESSION, ev: [["fs", "read_file", [], "ok"]] }, "invalid-event", "ev.0.2"],
    [{ ...SESSION, ev: [["fs", "read_file", {}, "maybe"]] }, "invalid-event", "ev.0.3"],
    [{ ...SESSION, ev: [["fs", "read_file", {}, "ok", { path: "z" }]] }, "invalid-event", "ev.0.4.path"],
  ])("name the place: %o", (record, code, place) => {
    const { converted, labels } = convert(record);
    expect(converted[0]).toMatchObject({ events: [], refused: { code } });
    expect(converted[0]?.refused?.message).toContain(place);
    expect(labels).toEqual([]);
  });
});
