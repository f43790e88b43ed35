import { identifyDatabase } from '../config/build-environments.js';
import type { Config } from '../config/types.js';
import { hideUrlCredentials } from '../logger.js';
import { migrateControl, migrateTarget } from '../postgres/migrate.js';
import { prepareQueue } from '../queue/prepare-queue.js';

export interface MigratedDatabase {
  /** What it is used for: `control`, `queue`, or the environments whose target it is. */
  use: string;
  /** host:port/database */
  database: string;
  /** Why it could not be brought up to date; null: it is. */
  fault: string | null;
}

/** Brings every configured database up to date, one after another; one that fails doesn't hold up the others. */
export async function* migrateAll(config: Config): AsyncGenerator<MigratedDatabase> {
  yield await migrateOne('control', config.databaseUrl, migrateControl);
  if (/^postgres/.test(config.queueUrl)) yield await migrateOne('queue', config.queueUrl, prepareQueue);
  for (const [url, environments] of groupByDatabase(config)) {
    yield await migrateOne(`target of ${environments.join(', ')}`, url, migrateTarget);
  }
}

async function migrateOne(
  use: string,
  url: string,
  migrate: (url: string) => Promise<void>,
): Promise<MigratedDatabase> {
  const database = identifyDatabase(url);
  try {
    await migrate(url);
    return { use, database, fault: null };
  } catch (error) {
    return { use, database, fault: explain(error) };
  }
}

function groupByDatabase({ environments }: Config): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, databaseUrl } of environments.values()) {
    if (databaseUrl !== null) groups.set(databaseUrl, [...(groups.get(databaseUrl) ?? []), name]);
  }
  return groups;
}

/** A refused connection to a name with several addresses has no message of its own. */
function explain(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return explain(error.errors[0]);
  return hideUrlCredentials(error instanceof Error ? error.message || error.name : String(error));
}
