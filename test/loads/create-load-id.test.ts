import t from 'tap';
import { createLoadId } from '../../src/loads/create-load-id.js';
import { isLoadId } from '../../src/loads/load-id.js';

t.test('an id is a UUID of version 7 that sorts by time', async (t) => {
  const earlier = createLoadId(Date.parse('2026-11-23T06:00:00.000Z'));
  const later = createLoadId(Date.parse('2026-11-23T06:00:00.001Z'));
  t.match(earlier, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.ok(isLoadId(earlier));
  t.ok(earlier < later);
  t.equal(Number.parseInt(earlier.replace('-', '').slice(0, 12), 16), Date.parse('2026-11-23T06:00:00Z'));
});

t.test('ids of one millisecond differ', async (t) => {
  t.equal(new Set(Array.from({ length: 1000 }, () => createLoadId(0))).size, 1000);
});
