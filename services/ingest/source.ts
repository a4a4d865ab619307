/**
 * The contract of a source: it turns foreign records into our events, and judges nothing.
 * Whatever it cannot read it refuses with a reason; the record then goes to the dead letters.
 */
import type { z } from "zod";
import type { EventInput } from "./event-input.ts";

/** An event as a source makes it, before the door: tenant, source and hashes are still missing. */
export type EventDraft = z.input<typeof EventInput>;

/** What a source makes of one record. */
export interface Converted {
  readonly events: readonly EventDraft[];
  /** Set if the record, or a part of it, was refused. */
  readonly refused?: { readonly code: "unknown-record" | "invalid-event"; readonly message: string };
}

export interface Source {
  /** The name after --source. */
  readonly name: string;
  /** One line for `offgraph sources`. */
  readonly title: string;
  /** What it reads, what it derives and by which rule, what is lost; printed by `offgraph sources NAME`. */
  readonly about: string;
  /**
   * Opens a converter for one file or topic. Where a record's place matters (sessions without times), it is `ordinal`, from 0;
   * absent: converters count. `truth` receives labels, which never reach an event.
   */
  open(options?: { truth?: (label: object) => void }): (record: unknown, ordinal?: number) => Converted;
}
