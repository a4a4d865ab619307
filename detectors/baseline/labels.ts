/** Labels of target values: their first bytes, for people to read. */
import type { Targets } from "./targets.ts";

/** Most bytes kept of a value. */
export const LABEL_BYTES = 40;

/** Room for the labels of a first few values. */
const LEAST_BYTES = 192;

/** No labels. */
export const NO_BYTES = new Uint8Array(0);

/** Longer bytes with the same beginning, for at least `least` of them. */
export function moreBytes(bytes: Uint8Array, least: number): Uint8Array {
  const more = new Uint8Array(Math.max(LEAST_BYTES, Math.ceil(bytes.length * 1.5), least));
  more.set(bytes);
  return more;
}

/** Adds a label, as its length and `length` bytes of `bytes` from `from` on; answers where it lies. */
export function addLabel(t: Targets, bytes: Uint8Array, from: number, length: number): number {
  const at = t.labelBytes;
  if (at + length + 1 > t.labels.length) t.labels = moreBytes(t.labels, at + length + 1);
  const { labels } = t;
  labels[at] = length;
  for (let i = 0; i < length; i++) labels[at + 1 + i] = bytes[from + i]!;
  t.labelBytes += length + 1;
  return at;
}

const decoder = new TextDecoder();

/** The label that lies at `at`. A character that was cut in two is shown as unknown. */
export function labelAt({ labels }: Targets, at: number): string {
  return decoder.decode(labels.subarray(at + 1, at + 1 + labels[at]!));
}
