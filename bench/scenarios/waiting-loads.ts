import type { Copydock } from '../copydock.js';
import type { World } from '../world.js';

/** A load of an environment that no worker serves: it is accepted and stays queued. */
export function queuedRequest(world: World, number: number) {
  return {
    env: 'staging',
    s3_bucket: world.s3.stagingBucket,
    load_type: 'full',
    data_set: `set-${number}`,
    table: 'entity',
    path: `s3://${world.s3.bucket}/none/`,
  };
}

/** Ids of so many loads that stay queued. */
export async function acceptLoads(world: World, copydock: Copydock, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const { http, body } = await copydock.post(queuedRequest(world, number));
    if (http !== 202) throw new Error(`not accepted: ${JSON.stringify(body)}`);
    ids.push(String(body.id));
  }
  return ids;
}
