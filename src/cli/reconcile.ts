import { loadConfig } from '../config.js';
import { checkControlSchema } from '../start/check-schema.js';
import { type ReconciledTarget, reconcileAll } from '../start/reconcile.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { countOf } from './format.js';
import { parseOptions } from './parse-options.js';

export const reconcile: Command = {
  help: `Usage: copydock reconcile [--adopt] [--json]

Compares the control database with every target after one of them was restored from a backup, and lists where they
contradict each other, with what to do about it. Needs DATABASE_URL. docs/operators.md, "After a restore".

  --adopt   first takes over the fences of other control databases and raises the order of new loads above the targets';
            only if no other Copydock loads into these targets
  --json    prints one JSON document

foreign_fence       a scope that another control database has loaded
order_behind        the target has newer loads than the control database has ever accepted
missing_in_target   a load that succeeded, and is not in the target
unknown_to_control  a load that is in the target, and that the control database lost
status_differs      a load that is in the target, and not succeeded in the control database

Ends with 1 where anything was found, or a target could not be asked.
`,
  run: async (args) => {
    const options = parseOptions(args, { adopt: { type: 'boolean' }, json: { type: 'boolean' } });
    const config = await loadConfig();
    await checkControlSchema(config.databaseUrl);
    const targets: ReconciledTarget[] = [];
    for await (const target of reconcileAll(config, { adopt: options.adopt ?? false })) {
      targets.push(target);
      if (!options.json) print(target);
    }
    if (options.json) process.stdout.write(`${JSON.stringify({ targets }, null, 2)}\n`);
    const isClean = targets.every(({ findings, fault }) => findings.length === 0 && fault === null);
    return isClean ? EXIT.success : EXIT.failure;
  },
};

function print({ environments, database, findings, compared, adopted, fault }: ReconciledTarget): void {
  const name = `target of ${environments.join(', ')}: ${database}`;
  if (fault !== null) {
    process.stderr.write(`${name} could not be compared: ${fault}\n`);
    return;
  }
  const taken = adopted === null ? '' : `, ${countOf(adopted, 'fence')} adopted`;
  process.stdout.write(
    `${name}: ${countOf(compared, 'load')} compared${taken}, ${countOf(findings.length, 'finding')}\n`,
  );
  for (const { kind, subject, detail, action } of findings) {
    process.stdout.write(`  ${kind.padEnd(19)}${subject}  ${detail}: ${action}\n`);
  }
}
