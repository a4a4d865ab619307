/** The domains that agents are drawn from, in turn. */
import type { Domain } from "../domain.ts";
import { billing } from "./billing.ts";
import { codeReview } from "./code-review.ts";
import { pipeline } from "./pipeline.ts";
import { procurement } from "./procurement.ts";
import { support } from "./support.ts";
import { travel } from "./travel.ts";

/** In the order in which agents are drawn from them. */
export const DOMAINS: readonly Domain[] = [billing, support, procurement, codeReview, travel, pipeline];
