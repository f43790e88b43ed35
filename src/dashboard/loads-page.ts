import { makePage, type Page } from '../http/html.js';
import { LOADS_SCRIPT } from './loads-script.js';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem; border-bottom: 1px solid #8886; }
td, pre { overflow-wrap: anywhere; } pre { white-space: pre-wrap; }
[hidden] { display: none; }
`;

const BODY = `
<h1>Copydock</h1>
<nav><a href="/">Recent loads</a> · <a href="/docs">Documentation</a></nav>
<p id="message" role="status">Reading…</p>
<form id="key-form" hidden><label>API key <input id="key" type="password" autocomplete="off"></label> <button>Use it</button></form>
<main id="content"></main>
<noscript>This page reads the API with JavaScript; the API itself is at /v1/loads.</noscript>
`;

/** Recent loads, or one with its log. Everything it shows comes from the API, with a key where one is needed. */
export function makeLoadsPage(): Page {
  return makePage({ title: 'Copydock', style: STYLE, body: BODY, script: LOADS_SCRIPT });
}
