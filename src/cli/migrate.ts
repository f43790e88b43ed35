import { loadConfig } from '../config.js';
import { migrateAll } from '../start/migrate.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { parseOptions } from './parse-options.js';

export const migrate: Command = {
  help: `Usage: copydock migrate

Makes or updates Copydock's tables (schema copydock) in the control database and in the target database of every
configured environment, and BullMQ's own where QUEUE_URL is postgres://. It may run as often as you like, and while
services run. Each database is reported; one that fails doesn't hold up the others.
`,
  run: async (args) => {
    parseOptions(args, {});
    const config = await loadConfig();
    let exitCode: number = EXIT.success;
    for await (const { use, database, fault } of migrateAll(config)) {
      if (fault === null) {
        process.stdout.write(`${use}: ${database} is up to date\n`);
      } else {
        process.stderr.write(`${use}: ${database} failed: ${fault}\n`);
        exitCode = EXIT.failure;
      }
    }
    return exitCode;
  },
};
