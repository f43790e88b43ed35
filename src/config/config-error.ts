/** The configuration can't be used. Each problem is one line that begins with the key it is about. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(
      problems.length === 1
        ? `The configuration is not valid: ${problems[0]}`
        : `The configuration is not valid, ${problems.length} problems:\n${problems.map((line) => `- ${line}`).join('\n')}`,
    );
  }
}
