#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import type { Command } from './cli/command.js';
import { EXIT, EXIT_CODES_HELP } from './cli/exit-codes.js';
import { explainError } from './cli/explain-error.js';
import { UsageError } from './cli/usage-error.js';
import { nearestName } from './loads/nearest-name.js';

/** Loaded when asked for: --help needs no driver. */
const COMMANDS: Record<string, { summary: string; open(): Promise<Command> }> = {
  dev: {
    summary: 'everything in one process, to try it: PostgreSQL, S3, API and worker',
    open: async () => (await import('./cli/dev.js')).dev,
  },
  serve: { summary: 'the API and a worker', open: async () => (await import('./cli/services.js')).serve },
  api: { summary: 'the API alone', open: async () => (await import('./cli/services.js')).api },
  worker: { summary: 'a worker alone', open: async () => (await import('./cli/services.js')).worker },
  migrate: {
    summary: 'brings the control database and every target up to date',
    open: async () => (await import('./cli/migrate.js')).migrate,
  },
  load: { summary: 'one load, without a server', open: async () => (await import('./cli/load.js')).load },
  sweep: {
    summary: 'wakes the workers for loads that nobody works on, once',
    open: async () => (await import('./cli/sweep.js')).sweep,
  },
  pause: {
    summary: 'lets no load of an environment begin; those that have begun go on',
    open: async () => (await import('./cli/pause.js')).pause,
  },
  resume: {
    summary: 'lets loads of a paused environment begin again',
    open: async () => (await import('./cli/pause.js')).resume,
  },
  doctor: {
    summary: 'checks everything that loads of an environment need, and says what to do',
    open: async () => (await import('./cli/doctor.js')).doctor,
  },
  reconcile: {
    summary: 'compares the control database with the targets, after a restore',
    open: async () => (await import('./cli/reconcile.js')).reconcile,
  },
};

const HELP = `Copydock loads files from S3 into PostgreSQL with COPY.

Usage: copydock <command> [options]

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(11)}${summary}`)
  .join('\n')}

  copydock <command> --help   tells more of a command
  copydock --version

Configuration: environment variables and the YAML file that COPYDOCK_CONFIG names; docs/configuration.md.

${EXIT_CODES_HELP}`;

async function main([name, ...args]: string[]): Promise<number> {
  if (name === '--version' || name === '-v') return print(`${readVersion()}\n`);
  if (name === '--help' || name === '-h' || name === 'help') return print(HELP);
  if (name === undefined) throw new UsageError(`A command is missing; there are ${commandNames()}.`);
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) throw new UsageError(explainUnknown(name));
  const command = await entry.open();
  if (args.includes('--help') || args.includes('-h')) return print(`${command.help}\n${EXIT_CODES_HELP}`);
  return command.run(args);
}

function explainUnknown(name: string): string {
  const nearest = nearestName(name, Object.keys(COMMANDS));
  return nearest === null
    ? `There is no command ${name}; there are ${commandNames()}.`
    : `There is no command ${name}; did you mean ${nearest}?`;
}

function commandNames(): string {
  return Object.keys(COMMANDS).join(', ');
}

function readVersion(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.success;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { exitCode, lines } = explainError(error);
  process.stderr.write(`copydock: ${lines.join('\n')}\n`);
  if (exitCode === EXIT.usage) process.stderr.write('copydock --help lists commands and options.\n');
  process.exitCode = exitCode;
}
// Connections that did not close in time must not keep the process.
process.exit();
