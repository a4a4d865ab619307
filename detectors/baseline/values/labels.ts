/** Labels of target values: their first bytes, for people to read. */
import { bytes } from "../../stats/room.ts";

/** Most bytes kept of a value. */
export const LABEL_BYTES = 40;

/** Room for the labels of a first few values. */
const LEAST_BYTES = 192;

/** Bytes of labels, one after another. */
export interface Labels {
  /** The page that they lie in, where, and for how many bytes there is room. */
  labels: Uint8Array;
  labelsAt: number;
  labelsRoom: number;
  /** How many there are. */
  labelBytes: number;
}

/** Without any. */
export const noLabels = (): Labels => ({
  labels: bytes.nowhere.page,
  labelsAt: 0,
  labelsRoom: 0,
  labelBytes: 0,
});

/** Gives the memory back. */
export function endLabels({ labels, labelsAt, labelsRoom }: Labels): void {
  bytes.giveBack(labels, labelsAt, labelsRoom);
}

/** Makes room for so many bytes more. */
export function makeRoom(of: Labels, more: number): void {
  const least = of.labelBytes + more;
  if (least <= of.labelsRoom) return;
  const longer = Math.max(LEAST_BYTES, Math.ceil(of.labelsRoom * 1.25), least);
  const { page, at } = bytes.grown(of.labels, of.labelsAt, of.labelsRoom, longer);
  of.labels = page;
  of.labelsAt = at;
  of.labelsRoom = longer;
}

/** Adds a label, as its length and `length` bytes of `from` from `at` on; answers where it stands among the labels. */
export function addLabel(to: Labels, from: Uint8Array, at: number, length: number): number {
  makeRoom(to, length + 1);
  const { labels, labelsAt, labelBytes } = to;
  const begin = labelsAt + labelBytes;
  labels[begin] = length;
  for (let i = 0; i < length; i++) labels[begin + 1 + i] = from[at + i]!;
  to.labelBytes += length + 1;
  return labelBytes;
}

const decoder = new TextDecoder();

/** The label that stands at `at`. A character that was cut in two is shown as unknown. */
export function labelAt({ labels, labelsAt }: Labels, at: number): string {
  const begin = labelsAt + at + 1;
  return decoder.decode(labels.subarray(begin, begin + labels[begin - 1]!));
}
