import t from 'tap';
import { possible, startStack } from './stack.js';

for (const backend of ['postgres', 'redis'] as const) {
  t.test(`a full load replaces the table and cleans up after itself (${backend} queue)`, async (t) => {
    const stack = await startStack(t, { backend });
    await stack.sql('CREATE TABLE licence (licence text PRIMARY KEY, text text NOT NULL, entry_date date)');
    await stack.sql(
      `INSERT INTO licence VALUES ('old', 'gone after the load', NULL), ('ogl3', 'old text', NULL)`,
    );
    await stack.put(
      'licence/a.csv',
      'licence,text,entry-date\nogl3,"a ""quoted""\ntext",2024-01-02\ncc0,plain,\n',
    );
    await stack.put('licence/_SUCCESS', '');

    const load = await stack.load({
      load_type: 'full',
      data_set: 'licence',
      path: `s3://${stack.source}/licence/`,
    });

    t.match(load, {
      status: 'succeeded',
      error: null,
      s3_bucket: stack.staging,
      s3_bucket_source: 'request',
    });
    t.match(load.receipt, {
      read: 2,
      loaded: 2,
      inserted: 2,
      deleted: 2,
      rejected: 0,
      filtered: 0,
      parts: 1,
    });
    t.equal(load.commit_plan.strategy, possible(['direct', 'delete_insert'])[0]);
    t.strictSame(await stack.sql('SELECT licence, text, entry_date::text FROM licence ORDER BY 1'), [
      { licence: 'cc0', text: 'plain', entry_date: null },
      { licence: 'ogl3', text: 'a "quoted"\ntext', entry_date: '2024-01-02' },
    ]);
    t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
  });
}
