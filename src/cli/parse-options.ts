import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearestName } from '../loads/nearest-name.js';
import { UsageError } from './usage-error.js';

export type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** @throws UsageError that names the option and the nearest known one */
export function parseOptions<const Options extends OptionsConfig>(args: string[], options: Options) {
  try {
    const { values, tokens } = parseArgs({
      args,
      options,
      strict: true,
      allowPositionals: false,
      allowNegative: true,
      tokens: true,
    });
    refuseRepeated(tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : [])));
    return values;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(explain(error as NodeJS.ErrnoException, args, options));
  }
}

function refuseRepeated(names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new UsageError(`--${repeated} is given twice; give it once.`);
}

function explain(error: NodeJS.ErrnoException, args: string[], options: OptionsConfig): string {
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const [, name = ''] = /'(--?[^']*)'/.exec(error.message) ?? [];
    const nearest = nearestName(name, Object.keys(options));
    return `There is no option ${name}${nearest === null ? '' : `; did you mean --${nearest}?`}`;
  }
  if (error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
    const [, value = ''] = /'([^']*)'/.exec(error.message) ?? args;
    return `'${value}' belongs to no option; write --name value.`;
  }
  return error.message.replaceAll('\n', ' ');
}
