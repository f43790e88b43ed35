import t from 'tap';
import { serve } from './serve.js';

t.test('the page holds nothing inline, and its policy takes scripts and styles from here only', async (t) => {
  const { call } = await serve(t);
  for (const path of ['/', '/?load=x', '/?env=production&status=failed']) {
    const { headers, text } = await call('GET', path);
    t.equal(headers.get('content-type'), 'text/html; charset=utf-8');
    t.notMatch(text, /https?:\/\/|\/\/[a-z]|\son[a-z]+=|\sstyle=|<style|<script[^>]*>[^<]/);
    const policy = headers.get('content-security-policy') ?? '';
    t.match(policy, /^default-src 'none'; /);
    t.match(policy, "script-src 'self';");
    t.match(policy, "style-src 'self';");
    t.match(policy, "require-trusted-types-for 'script'");
    t.notMatch(policy, /unsafe|data:|https?:|\*/);
  }
});

t.test('every file that the page names is served, and none of them leads elsewhere', async (t) => {
  const { call, url } = await serve(t);
  const seen = new Set<string>();
  const waiting = namesIn((await call('GET', '/')).text, /(?:src|href)="\/dashboard\/([^"]+)"/g);
  while (waiting.length > 0) {
    const name = waiting.pop() ?? '';
    if (seen.has(name)) continue;
    seen.add(name);
    const response = await fetch(`${url}/dashboard/${name}`);
    t.equal(response.status, 200, name);
    t.match(response.headers.get('content-type'), TYPES[name.split('.').at(-1) ?? '']);
    const text = await response.text();
    if (name !== 'preact.js') t.notMatch(text, /innerHTML|@import|\burl\(/i, name);
    if (name.endsWith('.js')) waiting.push(...namesIn(text, /from ?["']\.\/([^"']+)["']/g));
  }
  t.ok(seen.has('preact.js'));
  t.ok(seen.has('load-page.js'));
});

const TYPES: Record<string, RegExp> = {
  js: /^text\/javascript; charset=utf-8$/,
  css: /^text\/css; charset=utf-8$/,
  svg: /^image\/svg\+xml$/,
};

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name = '']) => name);
}

t.test('what the browser has already is 304, what is no file of the page is 404', async (t) => {
  const { url } = await serve(t);
  const first = await fetch(`${url}/dashboard/app.js`);
  const etag = first.headers.get('etag') ?? '';
  const again = await fetch(`${url}/dashboard/app.js`, { headers: { 'If-None-Match': etag } });
  t.equal(again.status, 304);
  for (const name of [
    'tsconfig.json',
    'types.d.ts',
    '..%2fassets.ts',
    '%2e%2e%2f..%2fpackage.json',
    'nothing.js',
    '',
  ]) {
    t.equal((await fetch(`${url}/dashboard/${name}`)).status, 404, name);
  }
});
