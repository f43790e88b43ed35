import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

const SHOWN = 15;
const IDLE = new Set(['(idle)', '(root)']);

/** The functions in which the worker's main thread was found most often, as shares of the time that it was busy. */
export async function summarizeProfiles(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /^worker-.*\.cpuprofile$/.test(name));
  const texts = await Promise.all(names.sort().map((name) => summarize(join(folder, name))));
  return texts.join('\n');
}

async function summarize(file: string): Promise<string> {
  const profile: CpuProfile = JSON.parse(await readFile(file, 'utf8'));
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, describe(callFrame)]));
  const seconds = new Map<string, number>();
  for (const [index, id] of profile.samples.entries()) {
    const name = names.get(id) ?? '';
    seconds.set(name, (seconds.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1e6);
  }
  const busy = [...seconds].filter(([name]) => !IDLE.has(name)).sort(([, left], [, right]) => right - left);
  const total = busy.reduce((sum, [, time]) => sum + time, 0);
  const lines = busy
    .slice(0, SHOWN)
    .map(
      ([name, time]) => `${((100 * time) / total).toFixed(1).padStart(5)}%  ${time.toFixed(2)} s  ${name}`,
    );
  return [`${file}: busy for ${total.toFixed(1)} s`, ...lines].join('\n');
}

function describe({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const where = url === '' ? '' : ` ${basename(url)}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'}${where}`;
}
