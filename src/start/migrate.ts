import { identifyDatabase } from '../config/build-environments.js';
import type { Config } from '../config/types.js';
import { migrateControl, migrateTarget } from '../postgres/migrate.js';
import { isInPostgres } from '../queue/connection.js';
import { prepareQueue } from '../queue/prepare-queue.js';
import { DatabaseUrls } from '../secrets/database-urls.js';
import { openSecretsManager } from '../secrets/secrets-manager.js';
import { explainDatabaseFault, groupByDatabase } from './target-databases.js';

export interface MigratedDatabase {
  /** What it is used for: `control`, `queue`, or the environments whose target it is. */
  use: string;
  /** host:port/database, or the name of its secret. */
  database: string;
  /** Why it could not be brought up to date; null: it is. */
  fault: string | null;
}

/** Brings every configured database up to date, one after another; one that fails doesn't hold up the others. */
export async function* migrateAll(config: Config): AsyncGenerator<MigratedDatabase> {
  const { databaseUrl, queueUrl } = config;
  yield await migrateOne('control', identifyDatabase(databaseUrl), () => migrateControl(databaseUrl));
  if (isInPostgres(queueUrl))
    yield await migrateOne('queue', identifyDatabase(queueUrl), () => prepareQueue(queueUrl));
  const secrets = openSecretsManager(config);
  try {
    const urls = new DatabaseUrls(config.environments, secrets.read);
    for (const [database, environments] of groupByDatabase(config)) {
      const [first = ''] = environments;
      const migrate = async () => migrateTarget(await urls.urlOf(first));
      yield await migrateOne(`target of ${environments.join(', ')}`, database, migrate);
    }
  } finally {
    secrets.close();
  }
}

async function migrateOne(
  use: string,
  database: string,
  migrate: () => Promise<void>,
): Promise<MigratedDatabase> {
  try {
    await migrate();
    return { use, database, fault: null };
  } catch (error) {
    return { use, database, fault: explainDatabaseFault(error) };
  }
}
