import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export const CHART = join(import.meta.dirname, '../../helm/copydock');
const FOLDER = join(import.meta.dirname, '../../helm/values');

/** The chart as it is, and each set of values that is shipped with it, by name. */
export const VALUE_SETS: Record<string, string[]> = {
  defaults: [],
  ...Object.fromEntries(
    readdirSync(FOLDER).map((file) => [file.replace('.yaml', ''), ['--values', join(FOLDER, file)]]),
  ),
};

/** Values that must be refused, each with a word of the message that says why. */
export const BAD_VALUES: [set: string, why: RegExp][] = [
  ['image.tag=latest', /image.tag/],
  ['image.digest=sha256:abc', /image.digest/],
  ['replicas=3', /replicas/],
  ['api.replica=3', /replica/],
  ['mode=both', /mode/],
  ['api.replicas=many', /replicas/],
  ['controlSecret=', /controlSecret/],
  ['env.HOST=127.0.0.1', /HOST/],
  ['workers[0].name=production', /environments/],
  ['workers[0].name=Production,workers[0].environments={production}', /name/],
  ['workers[0].name=a,workers[0].environments={A}', /environments/],
  ['workers[0].name=a,workers[0].environments={a},workers[1].name=a,workers[1].environments={b}', /twice/],
  ['mode=serve,workers[0].name=a,workers[0].environments={a}', /mode serve/],
  ['api.tmp.sizeGiB=0', /sizeGiB/],
  ['networkPolicy.egressPorts={0}', /egressPorts/],
  ['serviceMonitor.interval=soon', /interval/],
  ['externalSecrets[0].name=a', /spec/],
];
