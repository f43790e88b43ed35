import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C may arrive twice: from the terminal and, passed on, from npm. */
const ECHO_MS = 500;

/** Calls `onFirst` once. A signal after that ends the process, with 128 plus its number as shells have it. */
export function listenForSignals(onFirst: (signal: NodeJS.Signals) => void): void {
  let firstAt: number | null = null;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (firstAt === null) {
        firstAt = performance.now();
        onFirst(name);
      } else if (performance.now() - firstAt > ECHO_MS) {
        process.exit(128 + constants.signals[name]);
      }
    });
  }
}
