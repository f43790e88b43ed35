import { loadConfig } from '../config.js';
import { describePause, parsePauseReason } from '../loads/pause.js';
import type { LoadService } from '../loads/service.js';
import { createLogger } from '../logger.js';
import { checkControlSchema } from '../start/check-schema.js';
import { openService } from '../start/open-service.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { parseOptions } from './parse-options.js';
import { UsageError } from './usage-error.js';

const BY = 'command-line';

export const pause: Command = {
  help: `Usage: copydock pause --env NAME [--reason TEXT]

Lets no load of the environment begin, on any worker, until copydock resume. Loads are accepted and stay queued, and say why;
those that have begun go on. It holds over restarts. Needs DATABASE_URL.

  --env NAME     the environment
  --reason TEXT  why, in one line
`,
  run: async (args) => {
    const { env, reason } = parseOptions(args, { env: { type: 'string' }, reason: { type: 'string' } });
    return withService(requireEnv(env), async (service, name) => {
      const made = await service.pause({
        env: name,
        by: BY,
        reason: parsePauseReason({ reason: reason ?? '' }),
      });
      return describePause(made);
    });
  },
};

export const resume: Command = {
  help: `Usage: copydock resume --env NAME

Lets loads of a paused environment begin again, within seconds. The time of the pause does not count for timeout_s of those that
waited. Needs DATABASE_URL.

  --env NAME  the environment
`,
  run: async (args) => {
    const { env } = parseOptions(args, { env: { type: 'string' } });
    return withService(requireEnv(env), async (service, name) => {
      const over = await service.resume({ env: name, by: BY });
      return over === null ? `${name} was not paused` : `${name} goes on`;
    });
  },
};

function requireEnv(env: string | undefined): string {
  if (env === undefined) throw new UsageError('--env is missing; name the environment.');
  return env;
}

async function withService(
  env: string,
  work: (service: LoadService, env: string) => Promise<string>,
): Promise<number> {
  const config = await loadConfig();
  await checkControlSchema(config.databaseUrl);
  const logger = createLogger(config.logLevel, process.stderr);
  const { service, close } = openService(config, logger, 'copydock pause');
  try {
    process.stdout.write(`${await work(service, env)}\n`);
    return EXIT.success;
  } finally {
    await close();
  }
}
