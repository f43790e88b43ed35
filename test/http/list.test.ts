import t from 'tap';
import { type Served, SUCCEEDED, serve } from './serve.js';

async function idsOf({ call }: Served, query = ''): Promise<string[]> {
  const { json } = await call('GET', `/v1/loads${query}`);
  return json.items.map(({ id }: { id: string }) => id);
}

t.test('loads are listed newest first, by each filter', async (t) => {
  const served = await serve(t);
  const { put, setLoad } = served;
  await put('a');
  await put('b', { data_set: 'other' });
  await put('c', { env: 'production', path: 's3://source/x/', table: 'entity' });
  await setLoad('b', SUCCEEDED);
  await setLoad('a', "accepted_at = '2026-01-01T12:00:00Z'");
  t.same(await idsOf(served), ['c', 'b', 'a']);
  for (const [query, ids] of [
    ['?env=production', ['c']],
    ['?data_set=other', ['b']],
    ['?status=succeeded', ['b']],
    ['?done=false', ['c', 'a']],
    ['?done=true', ['b']],
    ['?table=public.entity', ['c']],
    ['?table=entity', ['c']],
    ['?to=2026-01-01T12:00:00Z', ['a']],
    ['?to=2026-01-01T13:00:00%2B01:00', ['a']],
    ['?to=2026-01-01T13:00:00+01:00', ['a']],
    ['?from=2026-01-01&to=2026-01-02', ['a']],
    ['?from=2026-01-01T12:00:01&to=2026-01-02', []],
    ['?env=development&status=queued', ['a']],
    ['?env=&status=None', ['c', 'b', 'a']],
    ['?env=nowhere', []],
  ] as const) {
    t.same(await idsOf(served, query), ids, query);
  }
});

t.test('pages follow the cursor and the Link, without loss or repetition', async (t) => {
  const { call, put } = await serve(t);
  const all = ['e', 'd', 'c', 'b', 'a'];
  for (const id of all.toReversed()) await put(id);
  const seen: string[] = [];
  let address: string | undefined = '/v1/loads?limit=2&env=development';
  let pages = 0;
  while (address !== undefined) {
    const { json, headers } = await call('GET', address);
    seen.push(...json.items.map(({ id }: { id: string }) => id));
    pages += 1;
    if (pages === 1) await put('newer');
    address = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    t.equal(address === undefined, json.next_cursor === null);
    if (address) t.equal(new URL(address, 'http://x').searchParams.get('cursor'), json.next_cursor);
  }
  t.same(seen, all);
  t.equal(pages, 3);
});

t.test(
  'a page that is as the caller knows it is 304; a change of any of its loads makes it new',
  async (t) => {
    const { call, put, setLoad } = await serve(t);
    await put('a');
    await put('b');
    const etagOf = async (query = '') => (await call('GET', `/v1/loads${query}`)).headers.get('etag') ?? '';
    const ask = async (etag: string) =>
      (await call('GET', '/v1/loads', { headers: { 'If-None-Match': etag } })).status;
    const first = await etagOf();
    t.equal(await etagOf(), first);
    t.equal(await ask(first), 304);
    t.equal(await ask('"else"'), 200);
    await setLoad('a', "status = 'staging'");
    t.equal(await ask(first), 200);
    const second = await etagOf();
    await put('c');
    t.equal(await ask(second), 200);
    t.not(await etagOf('?limit=1'), await etagOf());
  },
);

t.test('a wrong query is refused by name', async (t) => {
  const { call } = await serve(t);
  for (const [query, field, text] of [
    ['stauts=failed', 'stauts', /Did you mean status/],
    ['status=done', 'status', /one of queued/],
    ['limit=0', 'limit', /at least 1/],
    ['limit=201', 'limit', /at most 200/],
    ['limit=ten', 'limit', /integer/],
    ['done=perhaps', 'done', /boolean/],
    ['cursor=x', 'cursor', /next_cursor/],
    ['from=yesterday', 'from', /ISO 8601/],
    ['to=2026-13-01', 'to', /ISO 8601/],
    ['to=0000-01-01', 'to', /ISO 8601/],
    ['to=2026-01-01T24:00', 'to', /ISO 8601/],
  ] as const) {
    const { status, json } = await call('GET', `/v1/loads?${query}`);
    t.match({ status, field: json.field }, { status: 400, field }, query);
    t.match(`${json.detail} ${json.hint}`, text);
  }
});
