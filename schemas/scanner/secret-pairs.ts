/**
 * Pairs of bytes that every secret shows, so that text without them need not be judged by regular expressions. They stand
 * in 16 groups of one bit each. What services/ingest/secrets.ts knows as a secret, shorter than 200 bytes, hits one of the
 * groups of both sides of a rule. Written `<first bytes, or * for any>:<second bytes>`.
 *
 * The scanner looks the halves of 16 bytes up at a time. So a group is also hit by a pair whose halves come from different
 * members of it, which costs time and nothing else: what stands together in a group was chosen so that names rarely hit it.
 */

const GROUPS: readonly (readonly string[])[] = [
  ["sbr:.", "rRpPcC: "],
  ["h:v", "aA:uU"],
  ["IAF:Q", "F:w", "I:z", "y:J"],
  ["-:-"],
  ["*:="],
  ["%:3"],
  ["g:hil", "n:p"],
  ["sr:k"],
  ["oprsubkm:_"],
  ["tsk:-"],
  ["x:oa", "y:a"],
  ["o:x", "a:p2"],
  ["w:h"],
  ["h:s"],
  ["::/"],
  ["*:@"],
];

/** Groups of which one must be hit, and of which another (or the same). */
const RULES: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [0, 1, 2, 3, 4, 5],
    [0, 1, 2, 3, 4, 5],
  ],
  [
    [6, 7],
    [8, 9],
  ],
  [[10], [11]],
  [[12], [13]],
  [[14], [15]],
];

/** The rules as bits: two numbers each. */
export const PAIR_RULES: Uint16Array = Uint16Array.from(RULES.flat(), (groups) =>
  groups.reduce((bits, group) => bits | (1 << group), 0),
);

/**
 * For groups 0 to 7, then for the others: by the lower and by the upper half of a first byte, then of a second byte, the
 * groups that it may belong to.
 */
export const PAIR_TABLES: Uint8Array = new Uint8Array(128);

for (const [group, pairs] of GROUPS.entries()) for (const pair of pairs) enter(pair, group);

function enter(pair: string, group: number): void {
  const colon = pair.indexOf(":", 1);
  const table = group < 8 ? 0 : 64;
  enterBytes(pair.slice(0, colon), table, 1 << (group & 7));
  enterBytes(pair.slice(colon + 1), table + 32, 1 << (group & 7));
}

function enterBytes(characters: string, table: number, bit: number): void {
  const bytes = characters === "*" ? Array.from({ length: 128 }, (_, byte) => byte) : Buffer.from(characters);
  for (const byte of bytes) {
    PAIR_TABLES[table + (byte & 15)]! |= bit;
    PAIR_TABLES[table + 16 + (byte >> 4)]! |= bit;
  }
}
