import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { signWebhook } from '../../src/webhooks/sign.js';
import { FORMER_SECRET, SECRET, webhookTo } from './receiver.js';

const CONTENT = { id: 'event-1', timestampS: Math.floor(Date.now() / 1_000), body: '{"type":"load.failed"}' };

t.test('the example of the standard has the signature of the standard', async (t) => {
  // Source: the tests of the reference libraries, https://github.com/standard-webhooks/standard-webhooks.
  const { keys } = webhookTo('', ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']);
  const content = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampS: 1_614_265_330,
    body: '{"test": 2432232314}',
  };
  t.same(signWebhook(content, keys), {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

t.test('while secrets change over, whoever knows one of them can verify', async (t) => {
  const headers = signWebhook(CONTENT, webhookTo('', [SECRET, FORMER_SECRET]).keys);
  t.match(headers['webhook-signature'], /^v1,\S{44} v1,\S{44}$/);
  for (const secret of [SECRET, FORMER_SECRET]) {
    t.same(new Webhook(secret).verify(CONTENT.body, headers), { type: 'load.failed' });
  }
});

t.test('another secret, id, time or body is refused', async (t) => {
  const headers = signWebhook(CONTENT, webhookTo('').keys);
  t.throws(() => new Webhook(FORMER_SECRET).verify(CONTENT.body, headers));
  t.throws(() => new Webhook(SECRET).verify(`${CONTENT.body} `, headers));
  for (const changed of [
    { 'webhook-id': 'event-2' },
    { 'webhook-timestamp': String(CONTENT.timestampS - 1) },
  ]) {
    t.throws(() => new Webhook(SECRET).verify(CONTENT.body, { ...headers, ...changed }));
  }
});
