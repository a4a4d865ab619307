/** What was learned is undone or imported: something else is known from now on. */
import { ByteReader } from "../../codec.ts";
import { ofAgent, VERSION } from "../../evidence/columns.ts";
import { type Baseline, endBaseline } from "../baseline.ts";
import { carryContracts } from "../contracts/carry-contracts.ts";
import type { BaselineSettings } from "../settings.ts";

/**
 * Puts what `stored` holds (base64, as fold/agent-baseline.ts packs it) in the place of all that is known: graph, targets, pen and
 * denials; contracts stay. The version goes on, so that findings tell both apart. Fails if it cannot be read; whoever wrote it has looked.
 */
export function replaceBaseline(baseline: Baseline, stored: string, settings: BaselineSettings): void {
  const from = new ByteReader(Uint8Array.from(atob(stored), (letter) => letter.charCodeAt(0)));
  const written = from.u8();
  if (written > VERSION || written < VERSION - 1)
    throw new RangeError(`columns of version ${written} are not read`);
  const read = ofAgent.read(from, written, settings);
  const version = Math.max(baseline.version, read.version) + 1;
  keepSpent(baseline, read);
  carryContracts(baseline, read);
  endBaseline(baseline);
  Object.assign(baseline, read, { version });
}

/** Whatever is known, what today's budget of alerts was spent on is spent. */
function keepSpent({ memory: from }: Baseline, { memory: to }: Baseline): void {
  if (from === undefined || to === undefined) return;
  const { begun, judged, judgedOf, told } = from.guarantee.day;
  Object.assign(to.guarantee.day, { begun, judged, judgedOf, told });
}
