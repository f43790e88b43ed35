import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearestName } from '../loads/nearest-name.js';
import { UsageError } from './usage-error.js';

export type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** @throws UsageError that names the option and the nearest known one */
export function parseOptions<const Options extends OptionsConfig>(args: string[], options: Options) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false, allowNegative: true }).values;
  } catch (error) {
    throw new UsageError(explain(error as NodeJS.ErrnoException, args, options));
  }
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
