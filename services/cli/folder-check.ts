/** Looks at the data folder before it is opened, so that what cannot begin leaves nothing behind. */
import { accessSync, closeSync, constants, existsSync, openSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Settings } from "../../schemas/settings.ts";
import { codeOf } from "../file-fault.ts";

/** Fails with `bad-settings`: the folder cannot be written, or it would be made for a port that is taken. */
export async function checkFolder({ data, http }: Settings): Promise<void> {
  // A folder that is there may be held by who has the port, which is the better thing to say.
  if (existsSync(data)) checkWritable(data);
  else await checkPort(http);
}

function checkWritable(folder: string): void {
  const probe = join(folder, `.probe-${process.pid}`);
  try {
    closeSync(openSync(probe, "wx", 0o600));
    rmSync(probe);
    for (const name of readdirSync(folder)) accessSync(join(folder, name), constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw new OffgraphError(
      "bad-settings",
      `data: expected a folder that can be written, got ${folder} (${codeOf(cause)})`,
      { cause },
    );
  }
}

/** Listens and stops at once. */
function checkPort({ host, port }: Settings["http"]): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (cause) =>
      reject(
        new OffgraphError(
          "bad-settings",
          `http.port: expected a free port on ${host}, got ${port} (${codeOf(cause)})`,
          { cause },
        ),
      ),
    );
    probe.listen({ host, port }, () => probe.close(() => resolve()));
  });
}
