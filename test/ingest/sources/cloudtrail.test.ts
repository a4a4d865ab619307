import { describe, expect, it } from "vitest";
import { EventInput } from "../../../services/ingest/event-input.ts";
import type { EventDraft } from "../../../services/ingest/source.ts";
import { cloudtrail } from "../../../services/ingest/sources/cloudtrail.ts";
import { expirationTime } from "../../../services/ingest/sources/cloudtrail-issuance.ts";

const SECRET = "FakeSessionToken/of+the+same+shape==";
const USER = {
  type: "IAMUser",
  principalId: "AIDAEXAMPLE0000000001",
  arn: "arn:aws:iam::111122223333:user/alice",
  accountId: "111122223333",
  accessKeyId: "AKIAEXAMPLE000000001",
  userName: "alice",
};
const ROLE_SESSION = {
  type: "AssumedRole",
  principalId: "AROAEXAMPLE0000000001:job-7",
  arn: "arn:aws:sts::111122223333:assumed-role/worker/job-7",
  accountId: "111122223333",
  accessKeyId: "ASIAEXAMPLE000000001",
  sessionContext: {
    sessionIssuer: { type: "Role", arn: "arn:aws:iam::111122223333:role/team/worker" },
    webIdFederationData: {},
    attributes: { creationDate: "2026-03-01T10:00:00Z", mfaAuthenticated: "false" },
  },
};
const CALL = {
  eventVersion: "1.08",
  userIdentity: USER as object,
  eventTime: "2026-03-01T10:00:00Z",
  eventSource: "s3.amazonaws.com",
  eventName: "GetObject",
  awsRegion: "eu-central-1",
  sourceIPAddress: "192.0.2.7",
  userAgent: "[aws-cli/2.15.0]",
  requestParameters: { bucketName: "invoices", Host: "invoices.example.com" } as unknown,
  responseElements: null as unknown,
  eventID: "11111111-1111-4111-8111-111111111111",
  readOnly: true,
};
const ASSUME = {
  ...CALL,
  eventSource: "sts.amazonaws.com",
  eventName: "AssumeRole",
  requestParameters: {
    roleArn: "arn:aws:iam::111122223333:role/team/worker",
    roleSessionName: "job-7",
    durationSeconds: 900,
  },
  responseElements: {
    credentials: {
      accessKeyId: "ASIAEXAMPLE000000001",
      sessionToken: SECRET,
      expiration: "Mar 1, 2026, 10:15:00 AM",
    },
    assumedRoleUser: {
      assumedRoleId: "AROAEXAMPLE0000000001:job-7",
      arn: "arn:aws:sts::111122223333:assumed-role/worker/job-7",
    },
  },
};

const convert = cloudtrail.open();

/** What the door would see: without fields that are undefined. */
function eventsOf(record: object): EventDraft[] {
  const { events, refused } = convert(record);
  expect(refused).toBeUndefined();
  for (const event of events) EventInput.parse(event);
  return JSON.parse(JSON.stringify(events));
}
function callIn(record: object): Extract<EventDraft, { kind: "api.called" }> {
  const [call] = eventsOf(record);
  if (call?.kind !== "api.called") throw new Error("no call");
  return call;
}
const userIdentity = (identity: object, more: object = {}) =>
  callIn({ ...CALL, userIdentity: identity, ...more });

describe("a call", () => {
  it("is an event of the principal that the access key belongs to", () => {
    expect(callIn(CALL)).toEqual({
      kind: "api.called",
      id: CALL.eventID,
      time: CALL.eventTime,
      agent: { id: USER.arn },
      trustUnit: USER.arn,
      token: { publicId: USER.accessKeyId },
      operation: { service: "s3", name: "GetObject", tier: 0, targets: { bucketName: ["invoices"] } },
      outcome: { result: "ok" },
      network: { ip: "192.0.2.7", region: "eu-central-1", userAgent: "aws-cli/2.15.0" },
    });
  });

  it("of a role's session is an event of the role, with the session's name as instance", () => {
    expect(userIdentity(ROLE_SESSION)).toMatchObject({
      agent: { id: "arn:aws:iam::111122223333:role/team/worker", instance: "job-7" },
      session: "AROAEXAMPLE0000000001:job-7@2026-03-01T10:00:00Z",
    });
  });

  it("finds the role also where the issuer is not named", () => {
    const { sessionContext: _, ...identity } = ROLE_SESSION;
    const call = userIdentity(identity);
    expect(call).toMatchObject({ agent: { id: "arn:aws:iam::111122223333:role/worker", instance: "job-7" } });
    expect(call).not.toHaveProperty("session");
  });

  it.each([
    [
      { type: "Root", arn: "arn:aws:iam::111122223333:root", accessKeyId: "" },
      "arn:aws:iam::111122223333:root",
    ],
    [{ type: "AWSAccount", principalId: "AROAEXAMPLE0000000001:job-7" }, "AROAEXAMPLE0000000001"],
    [
      { type: "WebIdentityUser", principalId: "issuer:aud:system:serviceaccount:ns:sa" },
      "issuer:aud:system:serviceaccount:ns:sa",
    ],
    [{ type: "IdentityCenterUser", onBehalfOf: { userId: "u-1" }, credentialId: "c-1" }, "u-1"],
    [{ type: "AWSAccount", accountId: "anonymous" }, "anonymous"],
    [{ accountId: "111122223333", invokedBy: "ec2.amazonaws.com" }, "ec2.amazonaws.com"],
  ])("names whom the record names: %o", (identity, id) => {
    expect(userIdentity(identity)).toMatchObject({ agent: { id } });
  });

  it("keeps a federated user apart from the user who made it", () => {
    const arn = "arn:aws:sts::111122223333:federated-user/bob";
    const sessionContext = { sessionIssuer: { type: "IAMUser", arn: USER.arn } };
    expect(userIdentity({ type: "FederatedUser", arn, sessionContext })).toMatchObject({
      agent: { id: arn },
    });
  });

  it("that AWS makes by itself is marked, and one from an address is not", () => {
    const byAws = { ...USER, invokedBy: "secretsmanager.amazonaws.com" };
    expect(userIdentity(byAws).network).toMatchObject({ provider: true });
    expect(callIn({ ...CALL, sourceIPAddress: "AWS Internal" }).network).toMatchObject({ provider: true });
    expect(callIn(CALL).network).not.toHaveProperty("provider");
  });

  it.each([
    ["AccessDenied", "denied"],
    ["Client.UnauthorizedOperation", "denied"],
    ["UnauthorizedOperation", "denied"],
    ["VpceAccessDenied", "denied"],
    ["ExpiredToken", "denied"],
    ["ThrottlingException", "error"],
    ["Client.InvalidVpcID.NotFound", "error"],
  ])("that failed with %s was %s", (errorCode, result) => {
    expect(callIn({ ...CALL, errorCode }).outcome).toEqual({ result, reason: errorCode });
  });

  it("that is a sign-in says only in its response that it failed", () => {
    const record = {
      ...CALL,
      eventSource: "signin.amazonaws.com",
      eventName: "ConsoleLogin",
      readOnly: false,
    };
    expect(callIn({ ...record, responseElements: { ConsoleLogin: "Failure" } }).outcome).toEqual({
      result: "denied",
    });
    expect(callIn({ ...record, responseElements: { ConsoleLogin: "Success" } }).outcome).toEqual({
      result: "ok",
    });
  });
});

describe("trust unit", () => {
  it("is the workload that AWS gave the credentials to", () => {
    const { sessionContext } = ROLE_SESSION;
    const onInstance = {
      ...ROLE_SESSION,
      principalId: "AROAEXAMPLE0000000001:i-0123456789abcdef0",
      sessionContext: { ...sessionContext, ec2RoleDelivery: "2.0" },
    };
    expect(userIdentity(onInstance).trustUnit).toBe("i-0123456789abcdef0");
    const credentialsIssuedTo = "arn:aws:lambda:eu-central-1:111122223333:function:nightly";
    expect(userIdentity({ ...ROLE_SESSION, inScopeOf: { credentialsIssuedTo } }).trustUnit).toBe(
      credentialsIssuedTo,
    );
  });

  it("is the identity provider of a web identity", () => {
    const federatedProvider = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com";
    const sessionContext = { ...ROLE_SESSION.sessionContext, webIdFederationData: { federatedProvider } };
    expect(userIdentity({ ...ROLE_SESSION, sessionContext }).trustUnit).toBe(federatedProvider);
  });

  it("does not believe a session's name that only looks like an instance", () => {
    const named = { ...ROLE_SESSION, principalId: "AROAEXAMPLE0000000001:i-0123456789abcdef0" };
    expect(userIdentity(named).trustUnit).toBe("arn:aws:iam::111122223333:role/team/worker");
  });

  it("is absent where no key was used", () => {
    expect(userIdentity({ invokedBy: "ec2.amazonaws.com" })).not.toHaveProperty("trustUnit");
  });
});

describe("operation", () => {
  it("names resources and declared parameters, and nothing else of the request", () => {
    const record = {
      ...CALL,
      eventSource: "ec2.amazonaws.com",
      eventName: "TerminateInstances",
      readOnly: false,
      resources: [
        { ARN: "arn:aws:ec2:eu-central-1:111122223333:instance/i-1" },
        { accountId: "111122223333" },
      ],
      requestParameters: {
        instancesSet: { items: [{ instanceId: "i-1" }, { instanceId: "i-2" }, { instanceId: "i-1" }] },
        filterSet: { items: [{ name: "vpc-id" }] },
        userData: "password=hunter2",
        description: "free text",
        keyId: 7,
      },
    };
    expect(callIn(record)).toMatchObject({
      operation: {
        tier: 1,
        targets: {
          resource: ["arn:aws:ec2:eu-central-1:111122223333:instance/i-1"],
          instanceId: ["i-1", "i-2"],
        },
      },
    });
    expect(JSON.stringify(eventsOf(record))).not.toMatch(/hunter2|free text|vpc-id/);
  });

  it("names at most sixteen targets", () => {
    const names = Array.from({ length: 40 }, (_, index) => `/app/parameter-${index}`);
    const call = callIn({ ...CALL, requestParameters: { names } });
    expect(call).toMatchObject({ operation: { targets: { names: names.slice(0, 16) } } });
  });

  it("is sensitive where a parameter makes it hand out a secret", () => {
    const read = (eventSource: string, eventName: string, requestParameters: object) =>
      callIn({ ...CALL, eventSource, eventName, requestParameters });
    const tier = (value: number) => ({ operation: { tier: value } });
    expect(read("ssm.amazonaws.com", "GetParameter", { name: "/p", withDecryption: true })).toMatchObject(
      tier(2),
    );
    expect(read("ssm.amazonaws.com", "GetParameter", { name: "/p", withDecryption: false })).toMatchObject(
      tier(0),
    );
    const attribute = (value: string) =>
      read("ec2.amazonaws.com", "DescribeInstanceAttribute", { attribute: value });
    expect(attribute("userData")).toMatchObject(tier(2));
    expect(attribute("instanceType")).toMatchObject(tier(0));
  });
});

describe("a credential that STS issues", () => {
  it("is an event of the role that it is issued to, beside the caller's call", () => {
    const [call, issued, ...others] = eventsOf(ASSUME);
    expect(others).toEqual([]);
    expect(call).toMatchObject({
      kind: "api.called",
      agent: { id: USER.arn },
      operation: {
        service: "sts",
        name: "AssumeRole",
        tier: 2,
        targets: { roleArn: [ASSUME.requestParameters.roleArn] },
      },
    });
    expect(issued).toEqual({
      kind: "token.issued",
      id: `${ASSUME.eventID}#issued`,
      time: ASSUME.eventTime,
      agent: { id: "arn:aws:iam::111122223333:role/team/worker", instance: "job-7" },
      trustUnit: USER.arn,
      session: "AROAEXAMPLE0000000001:job-7@2026-03-01T10:00:00Z",
      token: {
        publicId: "ASIAEXAMPLE000000001",
        issuer: "sts.amazonaws.com",
        parent: USER.accessKeyId,
        rootGrant: USER.accessKeyId,
        issuedAt: ASSUME.eventTime,
        expiresAt: "2026-03-01T10:15:00.000Z",
      },
      outcome: { result: "ok" },
      network: { ip: "192.0.2.7", region: "eu-central-1", userAgent: "aws-cli/2.15.0" },
    });
  });

  it("is found again at its use: the same agent, instance, session and token", () => {
    const [, issued] = eventsOf(ASSUME);
    const use = userIdentity(ROLE_SESSION);
    for (const field of ["agent", "session"] as const) expect(issued?.[field]).toEqual(use[field]);
    expect(use).toMatchObject({ token: { publicId: "ASIAEXAMPLE000000001" } });
  });

  it("in a chain of roles has the caller's key as parent, and a root only where the record shows it", () => {
    const [, issued] = eventsOf({ ...ASSUME, userIdentity: ROLE_SESSION });
    expect(issued).toMatchObject({ token: { parent: "ASIAEXAMPLE000000001" } });
    expect(issued).not.toHaveProperty("token.rootGrant");
  });

  it("never lets its session token out", () => {
    expect(JSON.stringify(convert(ASSUME))).not.toContain(SECRET);
    const unknown = {
      ...ASSUME,
      responseElements: { ...ASSUME.responseElements, credentials: { sessionToken: SECRET } },
    };
    expect(JSON.stringify(convert(unknown))).not.toContain(SECRET);
  });

  it("that was refused is only the caller's failed call", () => {
    const denied = { ...ASSUME, errorCode: "AccessDenied", requestParameters: null, responseElements: null };
    expect(eventsOf(denied)).toMatchObject([{ kind: "api.called", outcome: { result: "denied" } }]);
  });

  it("that the record does not name is refused, and the call is kept", () => {
    const { events, refused } = convert({ ...ASSUME, responseElements: null });
    expect(events).toMatchObject([{ kind: "api.called" }]);
    expect(refused).toEqual({
      code: "invalid-event",
      message: "responseElements: the issued credential is not named",
    });
  });

  it("for the caller itself is the caller's event", () => {
    const { credentials } = ASSUME.responseElements;
    const record = {
      ...ASSUME,
      eventName: "GetSessionToken",
      requestParameters: null,
      responseElements: { credentials },
    };
    const [, issued] = eventsOf(record);
    expect(issued).toMatchObject({
      agent: { id: USER.arn },
      session: `${USER.principalId}@${ASSUME.eventTime}`,
    });
  });

  it("for a federated user or an account's root is theirs", () => {
    const { credentials } = ASSUME.responseElements;
    const arn = "arn:aws:sts::111122223333:federated-user/bob";
    const federatedUser = { federatedUserId: "111122223333:bob", arn };
    const federation = {
      eventName: "GetFederationToken",
      requestParameters: { name: "bob" },
      responseElements: { credentials, federatedUser },
    };
    expect(eventsOf({ ...ASSUME, ...federation })[1]).toMatchObject({ agent: { id: arn } });
    const root = {
      eventName: "AssumeRoot",
      requestParameters: { targetPrincipal: "444455556666" },
      responseElements: { credentials },
    };
    expect(eventsOf({ ...ASSUME, ...root })[1]).toMatchObject({
      agent: { id: "arn:aws:iam::444455556666:root" },
    });
  });
});

describe("expirationTime", () => {
  it.each([
    ["Oct 2, 2019 11:12:29 PM", "2019-10-02T23:12:29.000Z"],
    ["Jul 10, 2023, 12:09:47 PM", "2023-07-10T12:09:47.000Z"],
    ["Jul 10, 2023, 12:09:47\u202fAM", "2023-07-10T00:09:47.000Z"],
    ["2023-07-10T12:09:47Z", "2023-07-10T12:09:47.000Z"],
  ])("reads %s as UTC", (written, time) => {
    expect(expirationTime(written)).toBe(time);
  });

  it("knows no time in what is none", () => {
    expect(expirationTime("")).toBeUndefined();
    expect(expirationTime("soon")).toBeUndefined();
  });
});

describe("wrapped records", () => {
  it("are read from a log file of S3 and from EventBridge", () => {
    expect(convert({ Records: [CALL, ASSUME] }).events).toHaveLength(3);
    expect(convert({ "detail-type": "AWS API Call via CloudTrail", detail: CALL })).toEqual(convert(CALL));
  });

  it("name the record that was refused, and keep the others", () => {
    const { events, refused } = convert({ Records: [CALL, { ...CALL, eventTime: 7 }, 5] });
    expect(events).toHaveLength(1);
    expect(refused).toEqual({
      code: "invalid-event",
      message: "Records[1]: eventTime: expected text, got a number; and 1 more",
    });
  });
});

describe("refusals", () => {
  it.each([
    [{ hello: "world" }, "unknown-record", "not a CloudTrail record"],
    [{ ...CALL, userIdentity: undefined }, "unknown-record", "userIdentity"],
    [{ ...CALL, userIdentity: {} }, "unknown-record", "userIdentity"],
    [{ ...CALL, eventID: undefined }, "invalid-event", "eventID"],
    [{ ...CALL, readOnly: "True" }, "invalid-event", "readOnly"],
    [{ ...CALL, userIdentity: { ...USER, accessKeyId: 5 } }, "invalid-event", "userIdentity.accessKeyId"],
    [{ ...CALL, eventName: "Get\u0000Object" }, "invalid-event", "eventName"],
    [{ ...CALL, resources: ["arn"] }, "invalid-event", "resources.0"],
  ])("of a record that does not fit name the place", (record, code, place) => {
    const { events, refused } = convert(record);
    expect(events).toEqual([]);
    expect(refused?.code).toBe(code);
    expect(refused?.message).toContain(place);
  });
});
