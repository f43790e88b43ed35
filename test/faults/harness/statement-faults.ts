import { Fault } from './fault.js';
import { PostgresMessages } from './postgres-messages.js';

/**
 * What happens at the statement:
 * - `swallow_and_cut`: it reaches the server, whose answer is thrown away, and then the connection is cut;
 * - `swallow`: the same, but the connection stays open and silent;
 * - `cut_before`: it never reaches the server, and the connection is cut;
 * - `hold`: it reaches the server only after `release`.
 */
export type StatementEffect = 'swallow_and_cut' | 'swallow' | 'cut_before' | 'hold';

export interface StatementRule {
  statement: RegExp;
  /** Only if the transaction has sent such a statement before. */
  after?: RegExp;
  effect: StatementEffect;
  /** How often it may fire; default once. */
  times?: number;
}

interface Armed extends StatementRule {
  fault: Fault;
}

/** The last statement of the transaction that applies a load: its COMMIT. */
export const APPLYING_COMMIT = { statement: /^COMMIT$/, after: /INSERT INTO copydock\.committed_loads/ };

/** The rules of one proxy; each of its connections reads along for itself. */
export class StatementFaults {
  readonly #armed: Armed[] = [];

  arm(rule: StatementRule): Fault {
    const fault = new Fault(`${rule.effect} at ${rule.statement}`, rule.times ?? 1);
    this.#armed.push({ ...rule, fault });
    return fault;
  }

  disarmAll(): void {
    for (const { fault } of this.#armed.splice(0)) fault.disarm();
  }

  find(statement: string, before: readonly string[]): Armed | undefined {
    return this.#armed.find(
      (rule) =>
        rule.fault.isArmed &&
        rule.statement.test(statement) &&
        (rule.after === undefined || before.some((text) => rule.after?.test(text))) &&
        rule.fault.claim(),
    );
  }
}

/** Follows the statements of one connection. */
export class StatementWatch {
  readonly #faults: StatementFaults;
  readonly #messages = new PostgresMessages();
  #transaction: string[] = [];

  constructor(faults: StatementFaults) {
    this.#faults = faults;
  }

  /** The rule that a statement within `chunk` meets, if any. */
  read(chunk: Buffer): { effect: StatementEffect; fault: Fault } | undefined {
    let met: Armed | undefined;
    for (const statement of this.#messages.read(chunk)) {
      if (/^BEGIN\b/.test(statement)) this.#transaction = [];
      met ??= this.#faults.find(statement, this.#transaction);
      this.#transaction.push(statement);
    }
    return met;
  }
}
