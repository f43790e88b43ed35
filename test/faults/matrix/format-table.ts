import { describeExpected } from './cell.js';
import { FAULTS, type FaultName } from './faults/index.js';
import { LEFT_OUT } from './left-out.js';
import { MOMENTS, type Moment } from './moments.js';
import type { Backend, PlayedCell } from './results.js';

const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];
const MOMENT_NAMES = Object.keys(MOMENTS) as Moment[];

/** The table of one backend. What was not played on Redis must have a reason, or this throws. */
export function formatTable(played: readonly PlayedCell[], backend: Backend): string {
  const cells = played.filter((cell) => cell.backend === backend);
  const names = FAULT_NAMES.filter(
    (fault) => backend === 'redis' || cells.some((cell) => cell.fault === fault),
  );
  const head = ['fault', ...MOMENT_NAMES.map((moment) => MOMENTS[moment].title)];
  const rows = names.map((fault) => [
    FAULTS[fault].title,
    ...MOMENT_NAMES.map((moment) => formatCell(cells, backend, fault, moment)),
  ]);
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function formatCell(
  cells: readonly PlayedCell[],
  backend: Backend,
  fault: FaultName,
  moment: Moment,
): string {
  const here = cells.filter((cell) => cell.fault === fault && cell.moment === moment);
  if (here.length > 0) return formatOutcomes(here);
  if (backend === 'postgres') return '';
  const reason = reasons().indexOf(findReason(fault, moment));
  return `– <sup>${reason + 1}</sup>`;
}

/** Strategies are named where it was played with others than delete_insert. */
function formatOutcomes(here: readonly PlayedCell[]): string {
  const outcomes = [...new Set(here.map(outcomeOf))];
  return outcomes
    .map((outcome) => {
      const strategies = here.filter((cell) => outcomeOf(cell) === outcome).map(({ strategy }) => strategy);
      const isUsual = strategies.every((strategy) => strategy === 'delete_insert');
      return isUsual ? outcome : `${outcome} (${strategies.join(', ')})`;
    })
    .join('; ');
}

function outcomeOf(cell: PlayedCell): string {
  return cell.ok ? describeExpected(cell.expected) : '**broken**';
}

function findReason(fault: FaultName, moment: Moment): string {
  const left = LEFT_OUT.find((entry) => entry.fault === fault && entry.moments.includes(moment));
  if (left === undefined)
    throw new Error(`${fault} at ${moment} is neither played nor left out for a reason`);
  return left.reason;
}

function reasons(): string[] {
  return [...new Set(LEFT_OUT.map(({ reason }) => reason))];
}

export function formatReasons(): string {
  return reasons()
    .map((reason, index) => `${index + 1}. ${reason}`)
    .join('\n');
}

/** One line per cell, with its time. */
export function listPlayed(played: readonly PlayedCell[]): string {
  return played
    .map((cell) => {
      const title = `${FAULTS[cell.fault].title}, ${MOMENTS[cell.moment].title} (${cell.backend}, ${cell.strategy})`;
      return `${cell.seconds.toFixed(1)} s  ${title}: ${outcomeOf(cell)}`;
    })
    .join('\n');
}
