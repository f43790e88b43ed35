import type { EnvironmentConfig } from '../config/types.js';
import { CopydockError } from '../loads/errors.js';
import { toDatabaseUrl } from './database-secret.js';
import type { ReadSecret } from './secrets-manager.js';

/** A rotated secret is noticed after so long at the latest, and at once where the database refuses the old one. */
const FRESH_MS = 300_000;
/** However often the database refuses: Secrets Manager is not asked more often for one environment. */
const MIN_INTERVAL_MS = 1_000;

interface Known {
  url: string;
  readAt: number;
}

/** Where each environment's target is, with its credentials: from the configuration, or from its secret. */
export class DatabaseUrls {
  readonly #environments: ReadonlyMap<string, EnvironmentConfig>;
  readonly #readSecret: ReadSecret;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  readonly #stale = new Set<string>();
  readonly #reading = new Map<string, Promise<string>>();

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(
    environments: ReadonlyMap<string, EnvironmentConfig>,
    readSecret: ReadSecret,
    now: () => number = () => performance.now(),
  ) {
    this.#environments = environments;
    this.#readSecret = readSecret;
    this.#now = now;
  }

  /** @throws CopydockError where the environment has no database, or its secret can't be read and never was */
  async urlOf(env: string): Promise<string> {
    const environment = this.#environments.get(env);
    if (environment?.databaseSecret) return this.#fromSecret(env, environment.databaseSecret);
    if (environment?.databaseUrl) return environment.databaseUrl;
    throw new CopydockError(
      'environment_not_configured',
      `Environment ${env} has no database on this worker.`,
      { field: 'env' },
    );
  }

  /** The database refused what was known: the secret is read again before the next connection. */
  distrust(env: string): void {
    this.#stale.add(env);
  }

  async #fromSecret(env: string, secret: NonNullable<EnvironmentConfig['databaseSecret']>): Promise<string> {
    const known = this.#known.get(env);
    if (known !== undefined && this.#isFresh(env, known)) return known.url;
    const reading = this.#reading.get(env) ?? this.#read(env, secret);
    this.#reading.set(env, reading);
    try {
      return await reading;
    } catch (error) {
      // An outage of Secrets Manager must not stop loads whose credentials are still good.
      if (known === undefined) throw error;
      return known.url;
    } finally {
      this.#reading.delete(env);
    }
  }

  #isFresh(env: string, { readAt }: Known): boolean {
    const age = this.#now() - readAt;
    return age < (this.#stale.has(env) ? MIN_INTERVAL_MS : FRESH_MS);
  }

  async #read(env: string, { id, parameters }: { id: string; parameters: string }): Promise<string> {
    const url = toDatabaseUrl(id, await this.#readSecret(id, env), parameters);
    this.#known.set(env, { url, readAt: this.#now() });
    this.#stale.delete(env);
    return url;
  }
}
