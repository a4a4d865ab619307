/** A progress bar on standard error; silent unless that is a terminal. */
import { Presets, SingleBar } from "cli-progress";

/** What the bar is told. */
export interface ProgressBar {
  /** `done` and `total` in one unit, bytes mostly; `events` is shown beside. */
  show(done: number, total: number, events: number): void;
  end(): void;
}

/** A bar that begins at nothing. */
export function progressBar(title: string): ProgressBar {
  if (!process.stderr.isTTY) return { show: () => {}, end: () => {} };
  const format = `${title} [{bar}] {percentage}% · {events} events · {eta_formatted} left`;
  const bar = new SingleBar(
    { format, stream: process.stderr, hideCursor: true, clearOnComplete: true, fps: 5 },
    Presets.legacy,
  );
  bar.start(1, 0, { events: 0 });
  return {
    show(done, total, events) {
      bar.setTotal(Math.max(total, 1));
      bar.update(done, { events: events.toLocaleString("en") });
    },
    end: () => bar.stop(),
  };
}
