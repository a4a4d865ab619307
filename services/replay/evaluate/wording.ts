/** Figures in words, the same in the terminal and in the report; a dash where nothing could be measured. */

const DASH = "-";

const known = (value: number | undefined): value is number => value !== undefined && !Number.isNaN(value);

/** 12,345 */
export const count = (value: number) => value.toLocaleString("en");
/** 0.9876, for an AUC. */
export const fourDigits = (value: number | undefined) => (known(value) ? value.toFixed(4) : DASH);
/** 1.6 */
export const decimal = (value: number | undefined) => (known(value) ? value.toFixed(1) : DASH);
/** 1.47, for points of a score. */
export const twoDigits = (value: number | undefined) => (known(value) ? value.toFixed(2) : DASH);
/** 97.8 %; `value` is a share. */
export const percent = (value: number | undefined) => (known(value) ? `${decimal(value * 100)} %` : DASH);

/** 73.8 % (61.9 to 82.7) */
export function within(value: number | undefined, [low, high]: readonly [number, number]): string {
  return known(value) ? `${percent(value)} (${decimal(low * 100)} to ${decimal(high * 100)})` : DASH;
}
