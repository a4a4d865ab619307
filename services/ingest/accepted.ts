/**
 * The accepted events of a batch. The token index is asked about many of them at a time, because each time may cost the
 * store a commit; then they are put in order and appended at once.
 */
import type { Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import type { Clock } from "../ports/clock.ts";
import type { NewRecord, Stream } from "../ports/stream.ts";
import type { TokenIndex } from "./attribute.ts";
import { inOrder, type Ready, readied } from "./ready.ts";

/** Events that wait for the token index, at most a reading round's more. */
const MAX_ASKED = 1000;

/** What the accepted events of one batch go through. */
export interface AcceptedOptions {
  readonly stream: Stream;
  readonly index: TokenIndex;
  readonly clock: Clock;
  readonly tenant: string;
  /** `traceparent` of the request, if its trace is kept. */
  readonly trace?: string | undefined;
}

interface Accepted {
  /** Tokens that the index will have seen under an agent's name when it has been asked. */
  readonly told: Set<string>;
  /** `event` is set if the token index has to see it. */
  add(ready: Ready, event: Event | undefined): void;
  /** Asks the index if much is waiting for it. Fails when the store does. */
  askIfMany(): Promise<void>;
  /** Resolves when the events are durable; answers how many. Fails when the store or the log does. */
  append(): Promise<number>;
}

/** Begins a batch with nothing in it. */
export function openAccepted({ stream, index, clock, tenant, trace }: AcceptedOptions): Accepted {
  const ready: Ready[] = [];
  const told = new Set<string>();
  let asked: Event[] = [];
  let places: number[] = [];

  async function ask(): Promise<void> {
    const attributed = await index.attribute(tenant, asked, clock.now());
    attributed.forEach((event, at) => {
      if (event === asked[at]) return;
      ready[places[at] ?? 0] = readied(event, canonicalLine(event), stream.partitions);
    });
    [asked, places] = [[], []];
    told.clear();
  }
  return {
    told,
    add(one, event) {
      if (event !== undefined) places[asked.push(event) - 1] = ready.length;
      ready.push(one);
    },
    async askIfMany() {
      if (asked.length >= MAX_ASKED) await ask();
    },
    async append() {
      if (asked.length > 0) await ask();
      ready.sort(inOrder);
      const carrying = (record: NewRecord) => (trace === undefined ? record : { ...record, trace });
      if (ready.length > 0) await stream.append(ready.map(({ record }) => carrying(record)));
      return ready.length;
    },
  };
}
