import { describe, expect, it } from "vitest";
import { operationTier } from "../../services/ingest/tier.ts";

describe("tierOf", () => {
  it("takes the word of a source that a call only reads", () => {
    expect(operationTier("ec2", "DescribeInstances", true)).toBe(0);
    expect(operationTier("iam", "GetRole", true)).toBe(0);
  });

  it.each([
    ["sts", "AssumeRole"],
    ["sts", "AssumeRoleWithWebIdentity"],
    ["sts", "AssumeRoot"],
    ["sts", "GetSessionToken"],
    ["secretsmanager", "GetSecretValue"],
    ["kms", "Decrypt"],
    ["kms", "GenerateDataKeyWithoutPlaintext"],
    ["ec2", "GetPasswordData"],
  ])("does not take it where the answer is a credential or a secret: %s %s", (service, name) => {
    expect(operationTier(service, name, true)).toBe(2);
  });

  it.each([
    ["iam", "CreateUser"],
    ["cloudtrail", "StopLogging"],
    ["logs", "DeleteLogGroup"],
    ["ec2", "DeleteFlowLogs"],
    ["ec2", "AuthorizeSecurityGroupIngress"],
    ["ec2", "ModifySnapshotAttribute"],
    ["rds", "ModifyDBSnapshotAttribute"],
    ["s3", "PutBucketPolicy"],
    ["s3", "PutPublicAccessBlock"],
    ["lambda", "AddPermission20150331v2"],
    ["ssm", "SendCommand"],
    ["ec2", "CreateKeyPair"],
  ])("is 2 for writes that touch credentials, policies, sharing or logs: %s %s", (service, name) => {
    expect(operationTier(service, name, false)).toBe(2);
  });

  it.each([
    ["ec2", "RunInstances"],
    ["ec2", "CreateTags"],
    ["s3", "CreateBucket"],
    ["lambda", "UpdateFunctionCode20150331v2"],
  ])("is 1 for other writes: %s %s", (service, name) => {
    expect(operationTier(service, name, false)).toBe(1);
  });

  it.each([
    ["email", "send_email", 2],
    ["bank", "send_money", 2],
    ["web", "input_to_webpage", 2],
    ["git", "git_push", 2],
    ["git", "git_add_ssh_key", 2],
    ["shop", "update_shopping_account_password", 2],
    ["vault", "get_secret", 2],
    ["shop", "cart_add_product", 1],
    ["calendar", "create_calendar_event", 1],
    ["airline", "transfer_to_human_agents", 1],
    ["git", "git_get_linked_ssh_keys", 0],
    ["fs", "read_file", 0],
    ["email", "search_emails", 0],
    ["drive", "listSharedFiles", 0],
    ["sts", "GetCallerIdentity", 0],
  ] as const)("goes by the name where the source says nothing: %s %s is %i", (service, name, tier) => {
    expect(operationTier(service, name)).toBe(tier);
  });

  it("takes what it does not know for a write", () => {
    expect(operationTier("", "")).toBe(1);
    expect(operationTier("x", "frobnicate")).toBe(1);
  });
});
