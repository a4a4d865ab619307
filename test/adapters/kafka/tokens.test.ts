import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KafkaSettings } from "../../../schemas/settings-servers.ts";
import { tokenFromFile, tokenFromIssuer } from "../../../services/adapters/kafka/tokens.ts";
import { kafkaOptions } from "../../../services/adapters/servers.ts";
import { temporaryFolder } from "../folder.ts";

describe("a token", () => {
  let place: ReturnType<typeof temporaryFolder>;
  let issuer: Server;
  let answer: readonly [status: number, body: string];
  const asked: [authorization: string | undefined, body: string][] = [];
  beforeEach(async () => {
    place = temporaryFolder();
    asked.length = 0;
    issuer = createServer(async (request: IncomingMessage, response) => {
      asked.push([request.headers.authorization, await text(request)]);
      response.writeHead(answer[0], { "content-type": "application/json" }).end(answer[1]);
    });
    await new Promise<void>((listening) => issuer.listen(0, "127.0.0.1", listening));
  });
  afterEach(async () => {
    place.remove();
    await new Promise((closed) => issuer.close(closed));
  });

  const client = () => {
    const tokenUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/token`;
    return { tokenUrl, clientId: "offgraph", clientSecret: "s:ecret", scope: "kafka" };
  };

  it("in a file is read each time", async () => {
    const path = join(place.folder, "token");
    const token = tokenFromFile(path);
    for (const value of ["first", "second"]) {
      writeFileSync(path, `${value}\n`);
      expect(await token()).toBe(value);
    }
  });

  it("is asked of the issuer by the client's id and secret", async () => {
    answer = [200, '{"access_token":"fresh","expires_in":60}'];
    expect(await tokenFromIssuer(client())()).toBe("fresh");
    const basic = `Basic ${Buffer.from("offgraph:s%3Aecret").toString("base64")}`;
    expect(asked).toEqual([[basic, "grant_type=client_credentials&scope=kafka"]]);
  });

  it("that is not given is told with the status and without the secret", async () => {
    answer = [401, '{"error":"invalid_client"}'];
    const refusal = await tokenFromIssuer(client())().catch((error) => error);
    expect(refusal).toMatchObject({ code: "bad-settings", message: expect.stringContaining("401") });
    expect(refusal.message).not.toContain("ecret");
  });

  it("is asked for by what the settings say", async () => {
    answer = [200, '{"access_token":"fresh"}'];
    const { tokenUrl, clientId } = client();
    const sasl = { mechanism: "oauthbearer", issuer: { tokenUrl, clientId, clientSecretEnv: "SECRET" } };
    const kafka = KafkaSettings.parse({ brokers: ["kafka.example.com:9092"], sasl });
    const options = kafkaOptions(kafka, { kafkaPassword: "s:ecret" });
    if (options.sasl?.mechanism !== "oauthbearer") throw new Error("expected oauthbearer");
    expect(await options.sasl.token()).toBe("fresh");
    expect(asked[0]?.[1]).toBe("grant_type=client_credentials");
  });

  it("is not taken from an answer that holds none, or leads elsewhere", async () => {
    for (const [body, code] of [
      ["{}", "bad-settings"],
      ["<html>", "bad-settings"],
    ] as const) {
      answer = [200, body];
      await expect(tokenFromIssuer(client())()).rejects.toMatchObject({ code });
    }
    answer = [503, ""];
    await expect(tokenFromIssuer(client())()).rejects.toMatchObject({ code: "unavailable" });
    answer = [302, ""];
    await expect(tokenFromIssuer(client())()).rejects.toMatchObject({ code: "bad-settings" });
  });

  it("that cannot be asked for says why", async () => {
    await expect(tokenFromFile("nowhere")()).rejects.toMatchObject({ code: "bad-settings" });
    const nobody = { ...client(), tokenUrl: "http://127.0.0.1:1/token" };
    await expect(tokenFromIssuer(nobody)()).rejects.toMatchObject({ code: "unavailable" });
  });
});
