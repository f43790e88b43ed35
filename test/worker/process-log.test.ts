import t from 'tap';
import { startStack } from './stack.js';

interface Line {
  level: string;
  time: string;
  service: string;
  msg: string;
  env?: string;
  load_id?: string;
}

t.test("a load's lines have its id, from its acceptance by the API to its end in a worker", async (t) => {
  const lines: Line[] = [];
  const stack = await startStack(t, { onLog: (line) => lines.push(JSON.parse(line) as Line) });
  const load = async (table: string) => {
    await stack.sql(`CREATE TABLE ${table} (id int PRIMARY KEY)`);
    await stack.put(`${table}.csv`, 'id\n1\n');
    const path = `s3://${stack.source}/${table}.csv`;
    return stack.load({ load_type: 'full', data_set: table, path, commit_strategy: 'delete_insert' });
  };
  const loads = await Promise.all([load('oak'), load('elm')]);
  for (const { id, status } of loads) {
    t.equal(status, 'succeeded');
    const own = lines.filter((line) => line.load_id === id);
    for (const { env, service, level, time } of own) {
      t.same({ env, service }, { env: 'development', service: 'copydock' });
      t.ok(Date.parse(time) > 0 && level.length > 0);
    }
    const begins = own.map(({ msg }) => msg.replace(/:? s3(a)?:.*| from Airflow.*|: [a-z0-9-]+$/, ''));
    t.match(begins[0], /^Main: /);
    const wanted = [
      'Main: Using S3 bucket for COPY protocol staging',
      '_write_to_postgres_copy: Writing temporary CSV to',
      '_write_to_postgres_copy: COPY protocol completed successfully',
      'load finished',
      '_write_to_postgres_copy: Temporary files cleaned up successfully',
    ];
    t.same(
      begins.filter((begin) => wanted.includes(begin)),
      wanted,
    );
  }
  const ofLoads = lines.filter(({ msg }) => /^(Main|_write_to_postgres_copy): /.test(msg));
  t.same(new Set(ofLoads.map((line) => line.load_id)), new Set(loads.map(({ id }) => id)));
});
