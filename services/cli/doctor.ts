import { Command } from "commander";
import { clientSettings } from "../settings/config.ts";
import { EXIT } from "./failure.ts";
import { type CommandOptions, remote, settingsOf } from "./options.ts";
import { checkStart } from "./start-check.ts";
import { bold, dim, print, safe, style } from "./terminal.ts";

/** The command `offgraph doctor`. */
export function doctorCommand(): Command {
  return remote(
    new Command("doctor")
      .summary("look at the whole installation, and say what to do")
      .description(
        "look at the whole installation: Node, settings, keys, the data folder or Kafka and Redis, the sources, and the running system. Ends with 1 if a check failed",
      ),
  ).action(doctor);
}

const MARKS = { ok: "green", warning: "yellow", failed: ["bold", "red"] } as const;

async function doctor(options: CommandOptions): Promise<void> {
  const settings = await settingsOf(options);
  const secrets = checkStart(settings);
  const { checkGround, checkKeys, checkNode, checkRunning, checkSources } = await import(
    "./doctor-checks.ts"
  );
  const [ground, agreement] = await checkGround(settings, secrets);
  const checks = [
    checkNode(),
    ...ground,
    ...(await checkSources(settings, secrets)),
    ...checkKeys(settings, secrets, agreement),
    ...(await checkRunning(clientSettings(settings, options.url).url)),
  ];
  if (checks.some(({ state }) => state === "failed")) process.exitCode = EXIT.found;
  if (options.json) {
    print(JSON.stringify(checks));
    return;
  }
  for (const { check, state, found, whatToDo } of checks) {
    print(`${style([...[MARKS[state]].flat()], state.padEnd(8))}${bold(check)}  ${safe(found)}`);
    if (whatToDo !== undefined) print(`        ${dim(`→ ${whatToDo}`)}`);
  }
}
