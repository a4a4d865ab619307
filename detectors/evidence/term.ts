/** The terms of the evidence: every point of a score has one of these names. */

/** What a term says, which way it may pull, and whether it needs to know where arguments come from. */
interface Term {
  readonly name: string;
  /** In a sentence, for the explanation. */
  readonly means: string;
  /** 1 raises the score, -1 lowers it; a fit never turns it round. */
  readonly sign: 1 | -1;
  readonly needsProvenance: boolean;
}

const term = (name: string, sign: 1 | -1, means: string, needsProvenance = false): Term => ({
  name,
  means,
  sign,
  needsProvenance,
});

/** Their place in here is their place in a vector of terms. */
export const TERMS: readonly Term[] = [
  term("failed", -1, "the call failed, so it did nothing"),
  term(
    "follows-read",
    1,
    "it directly follows something that was read, where foreign instructions come from",
  ),
  term("surprise", 1, "bits by which this operation was not expected here, at most 10"),
  term("new-operation", 1, "a writing, sending or administrative operation that is not in the graph"),
  term(
    "new-party",
    1,
    "bits of an address, host or owner that the agent never dealt with and that resembles none, at most 5",
  ),
  term("new-code", 1, "bits of a code or number of a thing that is new here, at most 5"),
  term("new-text", 1, "bits of wording that is new here and resembles none, at most 4"),
  term("earlier-novelty", -1, "new things earlier in the session, at most 3: an agent that tries things out"),
  term("reserved-name", -1, "an address under a reserved domain (RFC 2606), which nobody can own"),
  term("seen-earlier", -1, "an address, host or owner that the session already dealt with"),
  term("output-share", 1, "share of the arguments that come from the output of an earlier call", true),
  term("output-party", 1, "an address, host or owner from an earlier output that is new in this field", true),
  term("output-text", 1, "bits of new wording that comes from an earlier output, at most 4", true),
  term("own-words", -1, "bits of new wording that the agent found itself, at most 4", true),
  term("output-word", 1, "a word from an earlier output that is new in this field", true),
];

/** Places of the terms. */
export const FAILED = 0;
export const FOLLOWS_READ = 1;
export const SURPRISE = 2;
export const NEW_OPERATION = 3;
export const NEW_PARTY = 4;
export const NEW_CODE = 5;
export const NEW_TEXT = 6;
export const EARLIER_NOVELTY = 7;
export const RESERVED_NAME = 8;
export const SEEN_EARLIER = 9;
export const OUTPUT_SHARE = 10;
export const OUTPUT_PARTY = 11;
export const OUTPUT_TEXT = 12;
export const OWN_WORDS = 13;
export const OUTPUT_WORD = 14;
