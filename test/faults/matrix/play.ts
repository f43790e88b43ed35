import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Body } from '../harness/api-client.js';
import type { Ground } from '../harness/servers.js';
import type { ServiceProcess } from '../harness/service-process.js';
import { APPLYING_COMMIT } from '../harness/statement-faults.js';
import type { Act } from '../harness/step-messages.js';
import type { World } from '../harness/world.js';
import type { Cell } from './cell.js';
import type { Crew } from './crew.js';
import { MOMENTS, nthOf } from './moments.js';
import type { Scenario } from './scenario.js';

const POLL_MS = 20;
const PATIENCE_MS = 120_000;

/** What a fault works with while its cell is played. */
export class Play {
  readonly t: Test;
  /** Lasts as long as the world. */
  readonly ground: Ground;
  readonly world: World;
  readonly crew: Crew;
  readonly cell: Cell;
  readonly scenario: Scenario;

  constructor(parts: Pick<Play, 't' | 'ground' | 'world' | 'crew' | 'cell' | 'scenario'>) {
    this.t = parts.t;
    this.ground = parts.ground;
    this.world = parts.world;
    this.crew = parts.crew;
    this.cell = parts.cell;
    this.scenario = parts.scenario;
  }

  get id(): string {
    return this.scenario.id;
  }

  get worker(): ServiceProcess {
    return this.crew.worker;
  }

  async submit(): Promise<void> {
    const accepted = await this.world.api.putLoad(this.id, this.scenario.request);
    this.t.match(accepted, { http: 202, id: this.id }, 'the load is accepted');
  }

  /** Submits the load; the worker does this to itself at the cell's moment. */
  async submitAndAct(act: Exclude<Act, 'pause'>): Promise<ServiceProcess> {
    const { worker } = this;
    if (this.cell.moment === 'commit_sent') {
      await this.#submitAndWithholdCommit(() => worker.kill(act));
    } else {
      const armed = await this.#arm(act);
      await this.submit();
      await armed.fired();
    }
    return worker;
  }

  /** Submits the load and strikes while the worker stands at the cell's moment, or waits for the answer to COMMIT. */
  async submitAndStrike(strike: () => Promise<void>): Promise<void> {
    if (this.cell.moment === 'commit_sent') {
      await this.#submitAndWithholdCommit();
      return strike();
    }
    const { worker } = this;
    const armed = await this.#arm('pause');
    await this.submit();
    await armed.fired();
    try {
      await strike();
    } finally {
      worker.resume();
    }
  }

  load(): Promise<Body> {
    return this.world.api.get(`/v1/loads/${this.id}`);
  }

  /** Lines of the load's own log that match. */
  async logLines(pattern: RegExp): Promise<string[]> {
    const rows = await this.world.inControl('SELECT message FROM copydock.load_logs WHERE load_id = $1', [
      this.id,
    ]);
    return rows.map(({ message }) => String(message)).filter((message) => pattern.test(message));
  }

  /** Polls until the answer is true. */
  async waitUntil(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    while (!(await isTrue())) {
      if (Date.now() > giveUpAt)
        throw new Error(`never: ${what}; the load: ${JSON.stringify(await this.load())}`);
      await sleep(POLL_MS);
    }
  }

  #arm(act: Act) {
    const { step } = MOMENTS[this.cell.moment];
    if (step === null) throw new Error(`${this.cell.moment} is no step of a worker`);
    return this.worker.arm({ step, act, load: this.id, nth: nthOf(this.cell.moment) });
  }

  /** Acts at once: the worker soon asks the server what became of a commit that is not answered. */
  async #submitAndWithholdCommit(act = () => {}): Promise<void> {
    const withheld = this.world.proxies.target.atStatement({ ...APPLYING_COMMIT, effect: 'swallow' });
    await this.submit();
    await withheld.waitUntilFired();
    act();
    await this.waitUntil('the load is applied', async () => (await this.scenario.look()) === 'new');
  }
}
