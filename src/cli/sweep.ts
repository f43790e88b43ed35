import { loadConfig } from '../config.js';
import { sweepOnce } from '../loads/sweep.js';
import { createLogger } from '../logger.js';
import { checkControlSchema } from '../start/check-schema.js';
import { openService } from '../start/open-service.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { parseOptions } from './parse-options.js';

export const sweep: Command = {
  help: `Usage: copydock sweep

Ends loads whose time limit has passed, and wakes the workers for every unfinished load that nobody works on and for
clean-ups that are due. Services do the same every 5 seconds; this is for set-ups where none runs all the time.
Needs DATABASE_URL and QUEUE_URL.
`,
  run: async (args) => {
    parseOptions(args, {});
    const config = await loadConfig(undefined, {}, { require: { queueUrl: true } });
    await checkControlSchema(config.databaseUrl);
    const logger = createLogger(config.logLevel, process.stderr);
    const { store, queue, close } = openService(config, logger, 'copydock sweep');
    try {
      const sent = await sweepOnce({ store, queue, logger });
      process.stdout.write(`${sent} ${sent === 1 ? 'wake-up' : 'wake-ups'} sent\n`);
      return EXIT.success;
    } finally {
      await close();
    }
  },
};
