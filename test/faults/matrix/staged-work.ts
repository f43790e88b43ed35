import type { Play } from './play.js';

/** What was staged when a worker ended must not be read from the source or staged again. */
export interface RereadWatch {
  check(): Promise<void>;
}

export async function watchRereads(play: Play): Promise<RereadWatch> {
  const staged = await readStagedParts(play);
  const wholeObjects = await readWholeObjects(play);
  const readings = wholeObjects.map((object) => {
    const url = new RegExp(`^/${play.world.source}/${play.scenario.objectKey(object)}`);
    const seen = play.world.proxies.s3Requests.at({ method: 'GET', url, effect: 'hold' });
    seen.release();
    return seen;
  });
  return {
    check: async () => {
      const now = await readStagedParts(play);
      play.t.strictSame(
        now.slice(0, staged.length),
        staged,
        `${staged.length} staged parts stay as they are`,
      );
      const count = readings.reduce((sum, { fired }) => sum + fired, 0);
      play.t.equal(count, 0, `${wholeObjects.length} objects that are staged whole are not read again`);
      for (const reading of readings) reading.disarm();
    },
  };
}

/** `written` changes with every write of the row. */
function readStagedParts({ world, id }: Play): Promise<Record<string, unknown>[]> {
  return world.inControl(
    `SELECT p.part, p.etag, p.xmin::text AS written FROM copydock.parts p JOIN copydock.plans l ON l.id = p.plan_id
      WHERE l.load_id = $1 AND p.etag IS NOT NULL
        AND NOT EXISTS (SELECT FROM copydock.parts e WHERE e.plan_id = p.plan_id AND e.part < p.part AND e.etag IS NULL)
      ORDER BY p.part`,
    [id],
  );
}

async function readWholeObjects({ world, id }: Play): Promise<number[]> {
  const rows = await world.inControl(
    `SELECT p.object_index AS object FROM copydock.parts p JOIN copydock.plans l ON l.id = p.plan_id
      WHERE l.load_id = $1 GROUP BY 1 HAVING bool_or(p.ends_object) AND bool_and(p.etag IS NOT NULL) ORDER BY 1`,
    [id],
  );
  return rows.map(({ object }) => Number(object));
}
