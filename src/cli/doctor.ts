import type { Config, EnvironmentConfig } from '../config/types.js';
import { ConfigError, loadConfig, muteSdkVersionWarning } from '../config.js';
import { nearestName } from '../loads/nearest-name.js';
import { type Check, type Finding, failed, ok } from '../start/doctor/check.js';
import { examine } from '../start/doctor/examine.js';
import { servedEnvironments } from '../start/served-environments.js';
import type { Command } from './command.js';
import { JsonReport, TextReport } from './doctor-report.js';
import { EXIT } from './exit-codes.js';
import { parseOptions } from './parse-options.js';
import { UsageError } from './usage-error.js';

export const doctor: Command = {
  help: `Usage: copydock doctor [--env NAME] [--json]

Checks everything that loads of an environment need, with the variables, the file and the credentials of this process, so run
it where a worker runs: the configuration, the control database and what stands before it, the queue, clocks, the target and
the rights of its role, the staging buckets and connections. One line per check: ok, warning, failed or skipped, what was
found, and after -> the way out. It changes nothing, but for a small object that it writes to each staging bucket and removes.

  --env NAME  the environment; default: each that has a database, of those that COPYDOCK_ENVIRONMENTS names
  --json      prints one JSON document

Ends with 1 where a check failed, and with 78 where the configuration did. docs/operators.md, "The doctor".
`,
  run: async (args) => {
    const options = parseOptions(args, { env: { type: 'string' }, json: { type: 'boolean' } });
    muteSdkVersionWarning();
    const report = options.json ? new JsonReport() : new TextReport();
    let config: Config;
    try {
      config = await loadConfig(undefined, {}, { require: { queueUrl: true } });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) report.add(aboutConfiguration(failed(problem, 'correct it')));
      report.end();
      return EXIT.configuration;
    }
    const environments = choose(config, options.env);
    report.add(
      aboutConfiguration(ok(`for ${environments.map(({ name }) => name).join(', ') || 'no environment'}`)),
    );
    for await (const check of examine(config, environments)) report.add(check);
    report.end();
    return report.count('failed') === 0 ? EXIT.success : EXIT.failure;
  },
};

function aboutConfiguration(finding: Finding): Check {
  return { subject: 'configuration', check: 'values', ...finding };
}

function choose(config: Config, name: string | undefined): EnvironmentConfig[] {
  if (name === undefined) return servedEnvironments(config);
  const env = config.environments.get(name);
  if (env !== undefined) return [env];
  const known = [...config.environments.keys()];
  const nearest = nearestName(name, known);
  throw new UsageError(
    `There is no environment ${name}; ${nearest === null ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`}`,
  );
}
