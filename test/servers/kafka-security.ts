/** TLS and SASL of the test brokers: certificates made on the spot, one user, four mechanisms. Nothing here is secret. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The only user of the SASL listeners. */
export const USER = { username: "offgraph", password: "a-password-for-tests" };

/** What a client needs to come in by each listener. */
export interface Secured {
  /** TLS, no user. */
  readonly tls: string;
  /** TLS, and a certificate of the client. */
  readonly mutualTls: string;
  /** SASL without TLS. */
  readonly sasl: string;
  /** SASL over TLS. */
  readonly saslTls: string;
  /** Certificate authority that signed the brokers' certificate. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A self-signed certificate for 127.0.0.1 that serves as authority, server and client. */
export function makeCertificates(folder: string) {
  const [keyFile, certFile, bothFile] = ["key.pem", "cert.pem", "both.pem"].map((name) => join(folder, name));
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
  const names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  execFileSync("openssl", [...request, ...names, "-keyout", keyFile!, "-out", certFile!], { stdio: "pipe" });
  writeFileSync(bothFile!, readFileSync(keyFile!, "utf8") + readFileSync(certFile!, "utf8"));
  const files = { caFile: certFile!, certFile: certFile!, keyFile: keyFile! };
  const secured = (ports: readonly number[]): Secured => {
    const [tls, mutualTls, sasl, saslTls] = ports.map((port) => `127.0.0.1:${port}`) as [
      string,
      string,
      string,
      string,
    ];
    return { tls, mutualTls, sasl, saslTls, ...files };
  };
  return { keystore: bothFile!, truststore: certFile!, secured };
}

/** What the broker is told, and the ports in the order of `Secured`. */
export interface SecureListeners {
  readonly keystore: string;
  readonly truststore: string;
  readonly ports: readonly number[];
}

const NAMES = ["TLS", "MUTUALTLS", "SASL", "SASLTLS"];
const PROTOCOLS = ["SSL", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
const MODULES = {
  plain: `plain.PlainLoginModule required user_${USER.username}="${USER.password}"`,
  "scram-sha-256": "scram.ScramLoginModule required",
  "scram-sha-512": "scram.ScramLoginModule required",
  oauthbearer: 'oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"',
};

/** Listener addresses, `NAME://host:port`. */
export const listenersOf = ({ ports }: SecureListeners): string[] =>
  NAMES.map((name, index) => `${name}://127.0.0.1:${ports[index]}`);

/** Protocol of each listener, `NAME:PROTOCOL`. */
export const PROTOCOL_MAP = NAMES.map((name, index) => `${name}:${PROTOCOLS[index]}`);

/** Arguments that give the SCRAM user to the storage when it is formatted. */
export const SCRAM_USERS = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
  "--add-scram",
  `${mechanism}=[name=${USER.username},password=${USER.password}]`,
]);

/** Settings of the broker beside the listeners. */
export function securityProperties({ keystore, truststore }: SecureListeners): string[] {
  const modules = ["sasl", "sasltls"].flatMap((listener) =>
    Object.entries(MODULES).map(
      ([mechanism, module]) =>
        `listener.name.${listener}.${mechanism}.sasl.jaas.config=org.apache.kafka.common.security.${module};`,
    ),
  );
  return [
    "ssl.keystore.type=PEM",
    `ssl.keystore.location=${keystore}`,
    "ssl.truststore.type=PEM",
    `ssl.truststore.location=${truststore}`,
    "listener.name.mutualtls.ssl.client.auth=required",
    "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
    ...modules,
  ];
}
