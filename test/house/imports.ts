/**
 * Arrows point toward the nouns: main → adapters → ports → schemas, main → services → detectors → schemas.
 * Never back, never sideways.
 */
import { at, importsOf, nodesOf, type Rule } from "./source.ts";

interface Room {
  readonly files: RegExp;
  /** Besides its own folder. */
  readonly may: readonly RegExp[];
}

const NOUNS = /^schemas\//;
const PORTS = /^services\/ports\//;
const JUDGEMENT = /^detectors\//;
/** What routes and running parts look like, as types. */
const HTTP = /^services\/http\.ts$/;
/** What services have in common, so that none has to import another: records as bytes, one task after the other, work by the clock, who is fenced, the outbox. */
const SHARED =
  /^services\/(records|in-turn|outbox|every|take-over|closest|plain-words|file-fault|version)\.ts$/;
/** Spans of our own work. */
const TRACING = /^services\/telemetry\/tracing\.ts$/;
/** What is around the services: settings, what is told of the process, the server, what lies around log and store. */
const AROUND = /^services\/(settings|telemetry|server|layers)\//;
const JUDGE = /^services\/(judge|group-versions)\.ts$/;
const VENDOR = /^(npm:(lmdb|kafkajs|ioredis)|node:sqlite)$/;
/** Libraries and Node, but no vendor of stores and logs. */
const OUTSIDE = /^(npm:(?!(lmdb|kafkajs|ioredis)$)|node:(?!sqlite$))/;

/** The first room that a file fits is its own. */
const ROOMS: readonly Room[] = [
  { files: /^schemas\//, may: [/^npm:zod$/] },
  { files: /^detectors\//, may: [NOUNS, /^npm:zod$/] },
  { files: PORTS, may: [NOUNS] },
  { files: /^services\/adapters\//, may: [NOUNS, PORTS, OUTSIDE, VENDOR] },
  // Where the system is put together.
  {
    files: /^services\/(main\.ts|start\/|cli\/)/,
    may: [NOUNS, JUDGEMENT, /^services\//, OUTSIDE],
  },
  {
    files: /^services\/(processor|replay|learner)\//,
    may: [NOUNS, JUDGEMENT, PORTS, HTTP, JUDGE, SHARED, TRACING, OUTSIDE],
  },
  { files: JUDGE, may: [NOUNS, JUDGEMENT, PORTS, OUTSIDE] },
  { files: AROUND, may: [NOUNS, PORTS, HTTP, SHARED, AROUND, OUTSIDE] },
  { files: /^services\/[^/]+\//, may: [NOUNS, PORTS, HTTP, SHARED, TRACING, OUTSIDE] },
  { files: SHARED, may: [NOUNS, PORTS, SHARED, OUTSIDE] },
  { files: HTTP, may: [NOUNS, OUTSIDE] },
  { files: /^scripts\//, may: [NOUNS, JUDGEMENT, /^services\//, OUTSIDE] },
];

/** A file imports only what its room may. */
export const importsAreAllowed: Rule = (source) => {
  const room = ROOMS.find(({ files }) => files.test(source.path));
  if (room === undefined) return [`${source.path} is in no room`];
  const own = ownFolder(source.path);
  return importsOf(source)
    .filter(([target]) => !target.startsWith(own) && !room.may.some((allowed) => allowed.test(target)))
    .map(([target, offset]) => at(source, offset, `may not import ${target}`));
};

/** `schemas/`, `detectors/`, or the service's own folder; nothing for a file that lies in services/ itself. */
function ownFolder(path: string): string {
  const [top, service] = path.split("/");
  if (top !== "services") return `${top}/`;
  return service?.endsWith(".ts") ? path : `${top}/${service}/`;
}

/** What is the same for all detectors; an evaluation is of the one whose scores it weighs. */
const NEUTRAL =
  /^(detectors\/(fold|groups)\/|services\/(processor|learner|responder|replay(?!\/evaluate))\/|services\/[^/]+\.ts$)/;

/** No detector is named there, so that what one needs is part of the contract that all have. */
export const namesNoDetector =
  (detectors: readonly string[]): Rule =>
  (source) =>
    NEUTRAL.test(source.path)
      ? [...nodesOf(source.program)]
          .filter(([{ type, value }]) => type === "Literal" && detectors.includes(`${value}`))
          .map(([{ start, value }]) => at(source, start, `names the detector ${value}`))
      : [];

/** Only the catalogue sees a detector, so that its file and its line can be deleted and nothing else. */
export const onlyTheCatalogueSees =
  (detectors: readonly string[]): Rule =>
  (source) =>
    source.path === "detectors/index.ts"
      ? []
      : importsOf(source)
          .filter(([target]) => detectors.some((id) => target === `detectors/${id}.ts`))
          .map(([target, offset]) => at(source, offset, `only detectors/index.ts may import ${target}`));

/** A process starts telemetry once, and only the tests of test/telemetry have one of their own: see vitest.config.ts. */
export const telemetryIsStartedApart: Rule = (source) =>
  /^test\/telemetry\/|(?<!\.test\.ts)$/.test(source.path)
    ? []
    : importsOf(source)
        .filter(([target]) => /^services\/telemetry\/(metrics|telemetry)\.ts$/.test(target))
        .map(([target, offset]) => at(source, offset, `only tests in test/telemetry may import ${target}`));
