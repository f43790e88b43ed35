import type { ConfigFile } from './schema.js';
import type { RetentionConfig } from './types.js';

const DEFAULTS = { loadsDays: 30, committedDays: 365 };

export function buildRetention(file: ConfigFile, problems: string[]): RetentionConfig {
  const loadsDays = file.retention_days ?? DEFAULTS.loadsDays;
  const committedDays = file.committed_retention_days ?? Math.max(DEFAULTS.committedDays, 2 * loadsDays);
  if (committedDays < 2 * loadsDays) {
    problems.push(
      `committed_retention_days: it must be at least twice retention_days, ${2 * loadsDays}, not ${committedDays}; a target must remember what was applied longer than any backup of the control database that may be restored.`,
    );
  }
  return { loadsDays, committedDays };
}
