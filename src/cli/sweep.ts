import { loadConfig } from '../config.js';
import { sweepOnce } from '../loads/sweep.js';
import { createLogger } from '../logger.js';
import { checkControlSchema, checkQueueSchema } from '../start/check-schema.js';
import { openService } from '../start/open-service.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { parseOptions } from './parse-options.js';

export const sweep: Command = {
  help: `Usage: copydock sweep

Ends loads whose time limit has passed, wakes the workers for every unfinished load that nobody works on and for
clean-ups that are due, and deletes up to 100 loads that ended longer than retention_days ago. Services do the same every
5 seconds; this is for set-ups where none runs all the time. Needs DATABASE_URL and QUEUE_URL.

Ends with 1 where the queue did not take every wake-up.
`,
  run: async (args) => {
    parseOptions(args, {});
    const config = await loadConfig(undefined, {}, { require: { queueUrl: true } });
    await checkControlSchema(config.databaseUrl);
    await checkQueueSchema(config.queueUrl);
    const logger = createLogger(config.logLevel, process.stderr);
    const { store, queue, close } = openService(config, logger, 'copydock sweep');
    try {
      const retentionDays = config.retention.loadsDays;
      const { sent, failed, expired } = await sweepOnce({ store, queue, retentionDays, logger });
      process.stdout.write(`${countOf(sent, 'wake-up')} sent\n`);
      if (expired > 0) process.stdout.write(`${countOf(expired, 'old load')} deleted\n`);
      if (failed === 0) return EXIT.success;
      process.stderr.write(
        `${countOf(failed, 'wake-up')} not sent: the queue (QUEUE_URL) does not take them. Nothing is lost; sweep again when it answers.\n`,
      );
      return EXIT.failure;
    } finally {
      await close();
    }
  },
};

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
