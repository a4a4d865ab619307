/** Loaded before the program (`node --import`): a process whose clock is behind by `CLOCK_BEHIND_MS` for as long as it runs. */
const behindMs = Number(process.env.CLOCK_BEHIND_MS);
const now = Date.now;
Date.now = () => now() - behindMs;
