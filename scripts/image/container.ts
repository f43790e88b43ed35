import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run-command.js';
import { buildah } from './buildah.js';

/** What an image says of how it is to be run. */
export interface ImageSettings {
  User: string;
  Env: string[];
  Entrypoint: string[];
  Cmd: string[];
  WorkingDir: string;
  Healthcheck?: { Test: string[] };
}

export interface Ended {
  exitCode: number | null;
  output: string;
}

/** Where a configuration is mounted. */
export const CONFIG_FILE = '/etc/copydock/copydock.yaml';

/**
 * The image as a cluster with strict rules runs it: as its own user, without capabilities and without the right to
 * gain any, on a read-only root file system with /tmp as the only place to write.
 */
const ENTER = [
  'set -e',
  'mount --bind "$ROOT" "$ROOT"',
  'mount --rbind /dev "$ROOT/dev"',
  'mount --rbind /proc "$ROOT/proc"',
  'mount -t tmpfs -o size=512m,mode=1777 tmpfs "$ROOT/tmp"',
  'mount -o remount,bind,ro "$ROOT"',
  'exec chroot "$ROOT" setpriv --reuid "$RUN_AS" --regid "$RUN_AS" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all env -i -C "$FOLDER" "$@"',
].join('\n');

export class Container {
  readonly settings: ImageSettings;
  readonly #id: string;
  readonly #root: string;

  /** `config`: the configuration file's text. */
  constructor(image: string, config: string) {
    const inspected = buildah('inspect', '--type', 'image', image);
    this.settings = (JSON.parse(inspected) as { Docker: { config: ImageSettings } }).Docker.config;
    this.#id = buildah('from', '--pull-never', image);
    this.#root = buildah('mount', this.#id);
    mkdirSync(join(this.#root, 'etc/copydock'));
    writeFileSync(join(this.#root, CONFIG_FILE), config);
  }

  /** The command that the image runs where none is given, or its entry point with these arguments. */
  start(env: Record<string, string>, args: string[] = this.settings.Cmd): ChildProcess {
    return this.spawn(env, [...this.settings.Entrypoint, ...args]);
  }

  /** The program takes the place of the spawned process: signals reach it. */
  spawn(env: Record<string, string>, command: string[]): ChildProcess {
    const variables = [...this.settings.Env, ...Object.entries(env).map((pair) => pair.join('='))];
    const arrange = { ROOT: this.#root, RUN_AS: this.settings.User, FOLDER: this.settings.WorkingDir };
    const args = ['--mount', '--propagation', 'private', 'sh', '-c', ENTER, 'sh', ...variables, ...command];
    return spawn('unshare', args, {
      env: { PATH: process.env.PATH, ...arrange },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  remove(): void {
    buildah('umount', this.#id);
    buildah('rm', this.#id);
  }

  sizeBytes(folder: string): number {
    return Number(
      run('du', ['--summarize', '--bytes', '--one-file-system', join(this.#root, folder)]).split('\t')[0],
    );
  }
}

export async function untilEnd(child: ChildProcess): Promise<Ended> {
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  }
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { exitCode, output: chunks.join('').trim() };
}
