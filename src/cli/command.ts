export interface Command {
  /** The whole text of `--help`, without the exit codes. */
  help: string;
  /** Resolves with the exit code. */
  run(args: string[]): Promise<number>;
}
