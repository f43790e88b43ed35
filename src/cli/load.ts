import { loadConfig, muteSdkVersionWarning } from '../config.js';
import { toLoadBody } from '../http/load-body.js';
import { toProblem } from '../http/problem.js';
import { CopydockError } from '../loads/errors.js';
import type { Load } from '../loads/load.js';
import type { CancelOutcome } from '../loads/store.js';
import { createLogger } from '../logger.js';
import { runOneLoad } from '../start/one-load.js';
import { listenForSignals } from '../start/signals.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { describeFields, type LoadCommandLine, readLoadOptions } from './load-options.js';
import { LoadProgressView } from './load-progress.js';
import { describeError, describeLoad } from './load-report.js';

export const load: Command = {
  help: `Usage: copydock load --load_type full --data_set entity --path s3://bucket/data/ --env development [options]

Runs one load without a server and waits for its end. Needs DATABASE_URL, whose tables it makes where they are missing.
While it runs, the process is a worker of the load's environment; with QUEUE_URL it shares the queue of other workers.
Ctrl-C cancels the load unless its commit has begun; a second one ends the process at once, and the load is left to other workers.

The request (names may be written with dashes, too):
${describeFields()}
  --labels.NAME       One label; --csv and --labels also take a JSON object.

Of the command:
  --json              Print nothing but the load, as the API shows it.
  --verbose           Print the process's log on standard error.

Progress goes to standard error, the result to standard output, what went wrong to standard error.
`,
  run: async (args) => {
    muteSdkVersionWarning();
    const line = readLoadOptions(args);
    const config = await loadConfig();
    const logger = createLogger(line.isVerbose ? config.logLevel : 'silent', process.stderr);
    try {
      return report(await runOneLoad(config, logger, { body: line.body, ...showOn(line) }), line);
    } catch (error) {
      if (error instanceof CopydockError && isRefusal(error)) return reportRefusal(error, line);
      throw error;
    }
  },
};

function showOn({ isJson }: LoadCommandLine) {
  const view = new LoadProgressView(process.stderr);
  let isAccepted = false;
  return {
    onChange: (load: Load) => {
      if (isJson) return;
      if (!isAccepted)
        process.stderr.write(`Load ${load.id}: ${load.load_type}, ${load.path} into ${load.target_table}\n`);
      isAccepted = true;
      view.show(load);
    },
    onCancellable: (cancel: () => Promise<CancelOutcome | null>) => {
      listenForSignals(() => {
        cancel().then(
          (cancelled) => process.stderr.write(`\n${describeCancel(cancelled)}\n`),
          ({ message }: Error) => process.stderr.write(`\nThe load was not cancelled: ${message}\n`),
        );
      });
    },
  };
}

function describeCancel(cancelled: CancelOutcome | null): string {
  switch (cancelled?.outcome) {
    case 'requested':
    case 'cancelled':
      return 'Cancelling the load; once more ends at once.';
    case 'too_late':
      return 'It is too late to cancel the load: its commit has begun, and its outcome follows. Once more ends at once and leaves the load to other workers.';
    default:
      return 'The load has ended.';
  }
}

function report(load: Load, { isJson }: LoadCommandLine): number {
  const { status, error } = load;
  const took = load.receipt === null ? '' : ` in ${load.receipt.seconds.total.toFixed(2)} s`;
  const lines = isJson ? [JSON.stringify(toLoadBody(load))] : [`${status}${took}`, ...describeLoad(load)];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (error !== null && !isJson) process.stderr.write(`${describeError(error).join('\n')}\n`);
  return status === 'succeeded' ? EXIT.success : EXIT.failure;
}

/** The request is at fault, not the service: no load has these. */
function isRefusal({ status }: CopydockError): boolean {
  return status === 400 || status === 422 || status === 429;
}

function reportRefusal(error: CopydockError, { isJson }: LoadCommandLine): number {
  if (isJson) process.stdout.write(`${JSON.stringify(toProblem(error, '/v1/loads'))}\n`);
  else process.stderr.write(`refused\n${describeError(error.report).join('\n')}\n`);
  return EXIT.refused;
}
