/** Labels of target values: their first bytes, for people to read. */
import { grown, roomier } from "../stats/room.ts";
import type { Targets } from "./targets.ts";

/** Most bytes kept of a value. */
export const LABEL_BYTES = 40;

/** The bytes of an array of numbers. */
export const bytesOf = (numbers: Int32Array) =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

/** Adds a label, as its length and `length` bytes of `bytes` from `from` on; answers where it lies. */
export function addLabel(t: Targets, bytes: Uint8Array, from: number, length: number): number {
  const at = t.labelBytes;
  if (at + length + 1 > t.labels.length * 4) t.labels = grown(t.labels, roomier((at + length + 4) >> 2));
  const labels = bytesOf(t.labels);
  labels[at] = length;
  for (let i = 0; i < length; i++) labels[at + 1 + i] = bytes[from + i]!;
  t.labelBytes += length + 1;
  return at;
}

const decoder = new TextDecoder();

/** The label that lies at `at`. A character that was cut in two is shown as unknown. */
export function labelAt(t: Targets, at: number): string {
  const labels = bytesOf(t.labels);
  return decoder.decode(labels.subarray(at + 1, at + 1 + labels[at]!));
}
