/**
 * Preloaded into a real service process (`node --import`). It reports each step that the worker publishes on the
 * diagnostics channel `copydock:step` through file descriptor 3, and does to its own process what the test has armed,
 * at exactly that step. Plain JavaScript with checked types, so that the built program needs no loader.
 *
 * @import { Arming, AgentReport, Order, PublishedStep } from './step-messages.js'
 */
import diagnostics from 'node:diagnostics_channel';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const REPORT_FD = 3;
const { STEP_AGENT_ARMINGS = '[]', STEP_AGENT_FIFO = '' } = process.env;
/** @type {(Arming & { seen: number })[]} */
const armed = [];

/** Written before anything else happens: not even a SIGKILL right after loses it. @param {AgentReport} report */
function report(report) {
  writeSync(REPORT_FD, `${JSON.stringify(report)}\n`);
}

/** @param {Arming} arming */
function arm(arming) {
  armed.push({ ...arming, seen: 0 });
}

/** @param {PublishedStep} published */
function onStep(published) {
  report({ type: 'step', ...published });
  const met = armed.find(
    (arming) =>
      arming.step === published.step &&
      (arming.load ?? published.load) === published.load &&
      ++arming.seen === (arming.nth ?? 1),
  );
  if (met === undefined) return;
  report({ type: 'fired', id: met.id, ...published });
  if (met.act === 'pause') pause();
  else process.kill(process.pid, met.act);
}

/** Blocks the main thread, and only that one, until the test writes a byte. */
function pause() {
  const fifo = openSync(STEP_AGENT_FIFO, 'r');
  readSync(fifo, Buffer.alloc(1));
  closeSync(fifo);
}

if (isMainThread) {
  for (const arming of JSON.parse(STEP_AGENT_ARMINGS)) arm(arming);
  diagnostics.subscribe('copydock:step', (message) => onStep(/** @type {PublishedStep} */ (message)));
  process.on('message', (/** @type {Order} */ order) => {
    if (order.arm !== undefined) {
      arm(order.arm);
      report({ type: 'armed', id: order.arm.id });
    } else if (order.disarm) {
      armed.length = 0;
    }
  });
  process.channel?.unref();
}
