import crypto from 'node:crypto';
import t from 'tap';
import { keyConfig } from '../http/serve.js';

t.test('every key is compared in constant time, whichever fits', async (t) => {
  const compared: [Buffer, Buffer][] = [];
  const timingSafeEqual = (a: Buffer, b: Buffer) => {
    compared.push([a, b]);
    return crypto.timingSafeEqual(a, b);
  };
  const { registerAuth } = await t.mockImport<typeof import('../../src/http/auth.js')>(
    '../../src/http/auth.js',
    { 'node:crypto': { ...crypto, timingSafeEqual } },
  );
  const keys = ['first', 'second', 'third'].map((name) => keyConfig(name, `key-${name}`));
  let hook: (request: object) => Promise<void> = async () => {};
  const app = {
    decorateRequest: () => {},
    addHook: (_name: string, added: typeof hook) => {
      hook = added;
    },
  };
  registerAuth(app as unknown as Parameters<typeof registerAuth>[0], keys);
  for (const key of ['key-first', 'key-third', 'k', 'key-first-and-more', 'x'.repeat(5_000)]) {
    compared.length = 0;
    const request = { headers: { 'x-api-key': key }, routeOptions: { config: {} }, is404: false };
    await hook(request).catch(() => {});
    t.equal(compared.length, keys.length, `${key.slice(0, 20)}: all keys were compared`);
    t.ok(
      compared.every(([a, b]) => a.length === 32 && b.length === 32),
      'as digests of one length',
    );
  }
});
