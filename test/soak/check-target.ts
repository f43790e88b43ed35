import type { Violation } from './check-loads.js';
import type { Committed, Facts, Receipt } from './facts.js';
import { applyToModel, digestOf, EMPTY, type ModelState } from './model.js';
import { type PlannedLoad, rowsInScope, rowsOf } from './planned-load.js';

/** What one load made of its scope, by the model. */
interface Application {
  load: PlannedLoad;
  committed: Committed;
  before: ModelState;
  after: ModelState;
}

/** By scope, the applied loads in the order of their tokens, which is that of their commits, with the model's states. */
export function replay({ played, loads, committed }: Facts): Map<string, Application[]> {
  const tags = new Map(loads.map(({ id, tag }) => [id, tag]));
  const planned = new Map(played.map(({ load }) => [load.tag, load]));
  const scopes = new Map<string, Application[]>();
  for (const row of committed) {
    const load = planned.get(tags.get(row.id) ?? '');
    if (load === undefined) continue;
    const applied = scopes.get(row.scope) ?? [];
    const before = applied.at(-1)?.after ?? EMPTY;
    scopes.set(row.scope, [...applied, { load, committed: row, before, after: applyToModel(before, load) }]);
  }
  return scopes;
}

/** A load has succeeded if and only if the target says that it was applied, and one transaction wrote its rows. */
export function checkAppliedOnce({ loads, committed, writers, played }: Facts): Violation[] {
  const rule = 'applied exactly once';
  const rows = new Map(committed.map((row) => [row.id, row]));
  const kinds = new Map(played.map(({ load }) => [load.tag, load.kind]));
  const violations: Violation[] = [];
  const known = new Set(loads.map(({ id }) => id));
  for (const { id } of committed) {
    if (!known.has(id)) violations.push({ rule, detail: `${id} was applied, but is unknown` });
  }
  for (const { id, tag, status } of loads) {
    const applied = rows.get(id);
    if ((status === 'succeeded') !== (applied !== undefined)) {
      violations.push({
        rule,
        load: tag,
        detail: `it is ${status}, but committed_loads has ${applied ? 'a' : 'no'} row`,
      });
    }
    if (kinds.get(tag) === 'sample') continue;
    const expected = applied === undefined ? [] : [applied.transaction];
    const found = writers.filter(({ load }) => load === tag).map(({ transaction }) => transaction);
    if (found.join() !== expected.join()) {
      const detail = `its rows were written by transactions [${found.join()}], its row in committed_loads by [${expected.join()}]`;
      violations.push({ rule, load: tag, detail });
    }
  }
  return violations;
}

/** Loads of a scope are applied in the order of acceptance, appends excepted; the fence knows the newest. */
export function checkOrder(facts: Facts, scopes = replay(facts)): Violation[] {
  const rule = 'applied in order';
  const violations: Violation[] = [];
  for (const [scope, applied] of scopes) {
    let newest = 0;
    for (const { load, committed } of applied) {
      if (load.kind !== 'append' && committed.order < newest) {
        violations.push({
          rule,
          load: load.tag,
          detail: `order ${committed.order} was applied after ${newest}`,
        });
      }
      newest = Math.max(newest, committed.order);
    }
    const fence = facts.fences.find((row) => row.scope === scope);
    const lastToken = applied.at(-1)?.committed.token ?? 0;
    if (fence?.lastOrder !== newest || fence.token < lastToken) {
      violations.push({
        rule,
        detail: `the fence of ${scope} is ${JSON.stringify(fence)}, the newest is ${newest}`,
      });
    }
  }
  return violations;
}

/** The tables hold what the applied loads, one after another, give. */
export function checkContent(facts: Facts, scopes = replay(facts)): Violation[] {
  const rule = 'the target holds what was loaded';
  const names = new Set([...scopes.keys(), ...facts.tables.keys()]);
  return [...names].flatMap((scope) => {
    const isKeyed = !scope.startsWith('journal/');
    const expected = [...(scopes.get(scope)?.at(-1)?.after ?? EMPTY)].map(([id, mark]) =>
      isKeyed ? `${id}=${mark}` : mark,
    );
    const found = (facts.tables.get(scope) ?? []).map(({ id, mark }) => (isKeyed ? `${id}=${mark}` : mark));
    const wanted = expected.sort().join('\n');
    if (wanted === found.sort().join('\n')) return [];
    const missing = expected.filter((row) => !found.includes(row));
    const surplus = found.filter((row, index) => !expected.includes(row) || found[index - 1] === row);
    const detail = `${scope}: ${missing.length} rows are missing (${missing.slice(0, 3)}), ${surplus.length} too many (${surplus.slice(0, 3)})`;
    return [{ rule, detail }];
  });
}

/** The reader saw states of the model, and each after the one before: never a mix, never a step back. */
export function checkSightings(facts: Facts, scopes = replay(facts)): Violation[] {
  const rule = 'readers see whole loads';
  return [...facts.sightings].flatMap(([scope, seen]) => {
    const states = [digestOf(EMPTY), ...(scopes.get(scope) ?? []).map(({ after }) => digestOf(after))];
    let at = 0;
    for (const digest of seen) {
      const next = states.indexOf(digest, at);
      if (next === -1) {
        const detail = `${scope} was seen as [${digest}], after [${states[at]}]`;
        return [{ rule, load: digest.split(':')[0] ?? '', detail }];
      }
      at = next;
    }
    return [];
  });
}

/** Receipts balance, agree on both sides, and count what the source holds and the model changed. */
export function checkReceipts(facts: Facts, scopes = replay(facts)): Violation[] {
  const rule = 'receipts balance';
  const byId = new Map(facts.loads.map((load) => [load.id, load]));
  return [...scopes.values()].flat().flatMap(({ load, committed, before, after }) => {
    const { receipt } = committed;
    const told = byId.get(committed.id)?.receipt;
    const isRight =
      JSON.stringify(told) === JSON.stringify(receipt) &&
      isBalanced(receipt) &&
      receipt.loaded === expectedRows(load) &&
      (load.kind === 'sample' || receipt.read === rowsOf(load).length) &&
      (load.kind === 'sample' || before.size + receipt.inserted - receipt.deleted === after.size);
    return isRight
      ? []
      : [{ rule, load: load.tag, detail: `${JSON.stringify(receipt)}; the API has ${JSON.stringify(told)}` }];
  });
}

function isBalanced(receipt: Receipt): boolean {
  const { read, loaded, rejected, deduplicated, filtered, inserted, updated, unchanged } = receipt;
  return read === loaded + rejected + deduplicated + filtered && loaded === inserted + updated + unchanged;
}

function expectedRows(load: PlannedLoad): number {
  const rows = rowsInScope(load).length;
  return load.sampleRows === null ? rows : Math.min(load.sampleRows, rowsOf(load).length);
}
