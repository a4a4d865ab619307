/**
 * What a JSON Web Token says about itself (RFC 7519, 7800, 8693, 9068). Nothing is verified: the sender of the event
 * vouches for it, and a forged token that nobody accepted is just another event. A claim that does not fit is left out.
 */
import { z } from "zod";
import { ID_LENGTH, NAME_LENGTH, TIME_RANGE, text } from "../../schemas/ids.ts";

/** Most actors of a delegation chain that an event names. */
const MAX_ACTORS = 8;

const id = text(ID_LENGTH).optional().catch(undefined);
const name = text(NAME_LENGTH);
/** Seconds since 1970 (NumericDate), as RFC 3339. */
const moment = z
  .number()
  .min(TIME_RANGE.from / 1000)
  .lt(TIME_RANGE.to / 1000)
  .transform((seconds) => new Date(seconds * 1000).toISOString())
  .optional()
  .catch(undefined);

const Claims = z.object({
  jti: id,
  iss: id,
  sub: id,
  agent_id: id,
  azp: id,
  client_id: id,
  aud: z
    .union([name.transform((one) => [one]), z.array(name).max(16)])
    .optional()
    .catch(undefined),
  scope: z
    .string()
    .transform((scopes) => scopes.split(" ").filter((scope) => scope !== ""))
    .pipe(z.array(name).max(64))
    .optional()
    .catch(undefined),
  exp: moment,
  iat: moment,
  cnf: z.object({ jkt: id, "x5t#S256": id }).optional().catch(undefined),
  act: z.unknown().optional(),
});

/** The claims of a compact JWT, as fields of an event; undefined for anything else. */
export function claimsOf(token: string) {
  const [header, payload, signature] = token.split(".", 4);
  if (!header?.startsWith("eyJ") || payload === undefined || signature === undefined) return undefined;
  const { data } = Claims.safeParse(decode(payload));
  if (data === undefined) return undefined;
  const agent = data.agent_id ?? data.azp ?? data.client_id ?? data.sub;
  return {
    agent,
    /** On whose behalf, if that is not the agent itself. */
    subject: data.sub === undefined || data.sub === agent ? undefined : { id: data.sub },
    actors: actorsOf(data.act),
    token: {
      publicId: data.jti,
      issuer: data.iss,
      audience: data.aud,
      scopes: data.scope,
      issuedAt: data.iat,
      expiresAt: data.exp,
      binding: data.cnf?.jkt ?? data.cnf?.["x5t#S256"],
    },
  };
}

function decode(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, "base64url").toString());
  } catch {
    return undefined; // Encrypted (RFC 7516), or only shaped like a JWT.
  }
}

const Act = z.object({ sub: text(ID_LENGTH), act: z.unknown().optional() });

/** `act` claims from the outermost, the current actor, inwards (RFC 8693 section 4.1). */
function actorsOf(act: unknown): string[] | undefined {
  const actors: string[] = [];
  let { data } = Act.safeParse(act);
  while (data !== undefined && actors.length < MAX_ACTORS) {
    actors.push(data.sub);
    ({ data } = Act.safeParse(data.act));
  }
  return actors.length > 0 ? actors : undefined;
}
