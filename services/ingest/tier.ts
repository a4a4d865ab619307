/**
 * The tier of an operation: 0 reads, 1 writes, 2 sends out, touches credentials or administers.
 * A source that knows whether a call only reads says so; names decide the rest. The tables are short on purpose: what
 * they do not know is a write, and a write is never taken for a read.
 */

/** Reads whose answer is a credential or a decrypted secret, as `service:name`; AWS marks them `readOnly`. */
const HANDS_OUT_SECRETS = new RegExp(
  `^(${[
    "sts:(assumeRole.*|assumeRoot|get(session|federation|webIdentity|delegatedAccess)Token)",
    "secretsmanager:(batch)?getSecretValue",
    "ssm:getParameter(s|sByPath|History)?",
    "kms:(decrypt|generateDataKey.*|reEncrypt)",
    "ec2:getPasswordData",
    "(ecr|ecr-public|codeartifact):getAuthorizationToken",
    "redshift.*:getC.*Credentials.*",
    "cognito-identity:get(credentialsForIdentity|openIdToken.*)",
    "sso:getRoleCredentials",
    "lightsail:(getInstanceAccessDetails|downloadDefaultKeyPair|.*MasterUserPassword)",
    "bedrock-agentcore:get(workloadAccessToken.*|resourceOauth2Token|resourceApiKey)",
  ].join("|")})$`,
  "i",
);

/** Services in which every write is administration: identities, keys, secrets, organisation, surveillance; `ses` sends. */
const ADMINISTRATION = new Set(
  `iam sts kms secretsmanager sso sso-directory identitystore organizations account ram rolesanywhere cognito-idp
   cognito-identity cloudtrail config guardduty securityhub access-analyzer macie2 detective inspector2 ses`.split(
    /\s+/,
  ),
);

/** Words of a name that send out, hand over, open to others, touch credentials, or silence a log. */
const SENSITIVE = new RegExp(
  `(^|_)(${[
    "send|forward|publish|post|submit|input|upload|export|push|pay",
    "transfer(?!_to_)", // `transfer_to_<agent>` is the usual name of a hand-over between agents
    "share|invite|collaborators?|owners?|ownership|members?|guests?",
    "authorize|grant|revoke|permissions?|polic(y|ies)|roles?|acl|admins?|public",
    "passwords?|secrets?|credentials?|tokens?|otp|mfa|login_profile|key_?pairs?|(access|api|ssh|private|public|signing)_keys?",
    "(snapshot|image)_attribute|(db|dbcluster)snapshot_attribute|replication|instance_profile|vpc_?peering_connection",
    "(delete|stop|disable|put)_(\\w+_)?(logs?|logging)",
    "(start|execute|run)_(session|command)",
  ].join("|")})(_|$)`,
);

/** Verbs of reads, measured on recorded agents; anything else is taken for a write. */
const READ_VERBS = new Set(
  `get read search list view check find browse verify calculate download query fetch login open show think count
   describe head lookup`.split(/\s+/),
);
/** A read that by its name answers with a secret. */
const READS_SECRET =
  /^(get|read|fetch|show|view|open|download)_(\w+_)?(secrets?(_value)?|passwords?|credentials?|private_keys?|api_keys?|access_tokens?)$/;

/**
 * `GetSecretValue`, `get-secret-value` and `get_secret_value` as `get_secret_value`, without the service's own name in
 * front and without the API version behind that AWS writes for Lambda (`AddPermission20150331v2`).
 */
function wordsOf(service: string, name: string): string {
  const words = name
    .replace(/[0-9]{8}(v[0-9]+)?$/, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();
  const prefix = `${service.toLowerCase()}_`;
  return words.startsWith(prefix) ? words.slice(prefix.length) : words;
}

function isRead(words: string): boolean {
  return READ_VERBS.has(words.split("_", 1)[0] ?? "");
}

/**
 * The tier of an operation.
 * `readOnly` is what the source itself says about the call, if it says anything; it outranks the verb, never the
 * short list of reads that hand out secrets.
 */
export function operationTier(service: string, name: string, readOnly?: boolean): 0 | 1 | 2 {
  if (HANDS_OUT_SECRETS.test(`${service}:${name}`)) return 2;
  if (readOnly === true) return 0;
  const words = wordsOf(service, name);
  if (readOnly === undefined && isRead(words)) return READS_SECRET.test(words) ? 2 : 0;
  return ADMINISTRATION.has(service) || SENSITIVE.test(words) ? 2 : 1;
}
