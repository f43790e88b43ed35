import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Of Linux: USER_HZ, in which /proc counts. */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  parent: number;
  own: number;
  /** Of children that have ended and were waited for. */
  children: number;
}

/** CPU seconds of one process so far, user and system; 0 where it has gone. */
export function cpuSeconds(pid: number): number {
  return readTimes(pid)?.own ?? 0;
}

/** CPU seconds of a process and of all its children, those that have ended included. */
export function cpuSecondsOfFamily(pid: number): number {
  const own = readTimes(pid);
  if (own === null) return 0;
  let sum = own.own + own.children;
  for (const name of readdirSync('/proc')) {
    const times = /^\d+$/.test(name) ? readTimes(Number(name)) : null;
    if (times?.parent === pid) sum += times.own + times.children;
  }
  return sum;
}

/** CPU seconds of this process's children that have ended. */
export function cpuSecondsOfEndedChildren(): number {
  return readTimes(process.pid)?.children ?? 0;
}

/** Highest resident memory since the process began or `resetPeakMemory`. */
export function peakMemoryMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** proc(5): writing 5 to clear_refs resets VmHWM to what the process holds now. */
export function resetPeakMemory(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Fields 4 and 14 to 17 of /proc/pid/stat; the name before them may hold spaces. */
function readTimes(pid: number): ProcessTimes | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const seconds = (index: number) => Number(fields[index]) / TICKS_PER_SECOND;
    return {
      parent: Number(fields[1]),
      own: seconds(11) + seconds(12),
      children: seconds(13) + seconds(14),
    };
  } catch {
    return null;
  }
}
