import t from 'tap';
import { loadConfig } from '../../src/config.js';
import { FORMER_SECRET, SECRET } from '../webhooks/receiver.js';
import { CONTROL_URL, problemsOf, writeConfig } from './config-file.js';

const URL_PART = 'url: "https://user:hidden@hooks.example/copydock"';
const A_SECRET = 'whsec_ and 24 to 64 bytes in base64; make one: echo "whsec_$(openssl rand -base64 32)".';
const SHORT = `whsec_${Buffer.alloc(23).toString('base64')}`;
const LONG = `whsec_${Buffer.alloc(65).toString('base64')}`;

/** A webhook and the one problem that it has, which begins with its key. */
const REFUSED = [
  [`{ ${URL_PART} }`, `secrets: it is missing; it must be a list of ${A_SECRET}`],
  [`{ ${URL_PART}, secrets: [plain-hidden] }`, `secrets[0]: it must be ${A_SECRET}`],
  [`{ ${URL_PART}, secrets: ["${SECRET}", "whsec_hidden!"] }`, `secrets[1]: it must be ${A_SECRET}`],
  [`{ ${URL_PART}, secrets: ["${SHORT}"] }`, `secrets[0]: it must be ${A_SECRET}`],
  [`{ ${URL_PART}, secrets: ["${LONG}"] }`, `secrets[0]: it must be ${A_SECRET}`],
  [`{ ${URL_PART}, secrets: "${SECRET}" }`, 'secrets: it must be a list, not what it is.'],
  [`{ secrets: ["${SECRET}"] }`, 'url: it is missing; it must be https://, with host and path.'],
  [
    `{ url: "hooks/hidden", secrets: ["${SECRET}"] }`,
    'url: it is not a URL; percent-encode special characters of user and password.',
  ],
  [`{ url: "ftp://hooks.example/hidden", secrets: ["${SECRET}"] }`, 'url: it must begin with https://.'],
  [
    `{ url: "http://user:hidden@hooks.example/", secrets: ["${SECRET}"] }`,
    'url: by http:// everybody on the way could read it; write https://, or allow_http: true where the network protects itself.',
  ],
  [
    `{ ${URL_PART}, secrets: ["${SECRET}"], states: [queued] }`,
    'states[0]: it must be one of succeeded, failed, cancelled, not what it is.',
  ],
  [`{ ${URL_PART}, secret: "${SECRET}" }`, 'secret: there is no such key; did you mean KEY.secrets?'],
] as const;

for (const [webhook, problem] of REFUSED) {
  t.test(`refused: ${webhook}`, async (t) => {
    for (const [key, file] of [
      ['webhook', `webhook: ${webhook}`],
      ['environments.production.webhook', `environments: { production: { webhook: ${webhook} } }`],
    ] as const) {
      const COPYDOCK_CONFIG = await writeConfig(t, file);
      const problems = await problemsOf({ DATABASE_URL: CONTROL_URL, COPYDOCK_CONFIG });
      t.same(problems, [`${key}.${problem.replace('KEY', key)}`]);
      t.notMatch(problems.join(), /hidden/);
    }
  });
}

t.test('an environment has the webhook of the file, one of its own, or none', async (t) => {
  const COPYDOCK_CONFIG = await writeConfig(
    t,
    `webhook: { url: "https://hooks.example/all", secrets: ["\${NEW}", "\${FORMER:-}"] }
environments:
  production: { webhook: { url: "http://127.0.0.1:9/own", secrets: ["\${ABSENT:-}"], states: [failed] } }
  local: { webhook: { url: "" } }
  inner: { webhook: { url: "http://receiver.svc/", allow_http: true, secrets: ["\${NEW}"] } }`,
  );
  const variables = { DATABASE_URL: CONTROL_URL, COPYDOCK_CONFIG, NEW: SECRET };
  const { environments } = await loadConfig({ ...variables, FORMER: FORMER_SECRET });
  t.match(environments.get('staging')?.webhook, {
    url: 'https://hooks.example/all',
    keys: [Buffer.alloc(32, 7), Buffer.alloc(24, 9)],
    states: ['succeeded', 'failed', 'cancelled'],
  });
  t.same(environments.get('production')?.webhook, {
    url: 'http://127.0.0.1:9/own',
    keys: [],
    states: ['failed'],
  });
  t.equal(environments.get('local')?.webhook, null);
  t.equal(environments.get('inner')?.webhook?.keys.length, 1);
  t.equal((await loadConfig(variables)).environments.get('staging')?.webhook?.keys.length, 1);
});

t.test('without a webhook in the file nobody is told', async (t) => {
  const { environments } = await loadConfig({ DATABASE_URL: CONTROL_URL });
  t.equal(environments.get('development')?.webhook, null);
});
