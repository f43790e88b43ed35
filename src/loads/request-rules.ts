import { findCsvConflicts } from './csv-conflicts.js';
import type { RequestProblem } from './request-problem.js';
import type { SubmittedRequest } from './request-schema.js';

/** What no schema of a single field can say. */
export function findBrokenRules(request: SubmittedRequest): RequestProblem[] {
  return [
    ...findMisplaced(request),
    ...findMarkerMistake(request),
    ...findRejectMistake(request),
    ...(request.csv ? findCsvConflicts(request.csv) : []),
  ];
}

/** Fields whose sender takes the load for one of another type, which would do other things to the target. */
function findMisplaced(request: SubmittedRequest): RequestProblem[] {
  const { load_type: loadType, disposition, sample_rows: sampleRows } = request;
  const problems: RequestProblem[] = [];
  if (disposition !== undefined && loadType !== 'delta' && loadType !== 'incremental') {
    problems.push({
      code: 'invalid_request',
      field: 'disposition',
      detail: `disposition is for delta loads; a ${loadType} load replaces rows.`,
      hint: 'Leave it out, or set load_type to delta.',
    });
  }
  if (sampleRows !== undefined && loadType !== 'sample') {
    problems.push({
      code: 'invalid_request',
      field: 'sample_rows',
      detail: `sample_rows is for sample loads; a ${loadType} load takes every row.`,
      hint: 'Leave it out, or set load_type to sample.',
    });
  }
  if (request.validate_only === true && loadType === 'sample') {
    problems.push({
      code: 'invalid_request',
      field: 'validate_only',
      detail: 'validate_only is for full and delta loads; a sample load never touches the target.',
      hint: 'Leave it out, or set load_type to that of the load to try.',
    });
  }
  return problems;
}

function findRejectMistake(request: SubmittedRequest): RequestProblem[] {
  const { on_error: onError, max_rejects: maxRejects, commit_strategy: strategy } = request;
  const problems: RequestProblem[] = [];
  if (maxRejects !== undefined && onError !== 'skip') {
    problems.push({
      code: 'invalid_request',
      field: 'max_rejects',
      detail:
        'max_rejects is for on_error: skip; without it the first record that does not load fails the load.',
      hint: 'Set on_error to skip, or leave max_rejects out.',
    });
  }
  if (onError === 'skip' && strategy === 'direct') {
    problems.push({
      code: 'invalid_request',
      field: 'commit_strategy',
      detail:
        'commit_strategy direct copies right into the target and can leave no record out (on_error: skip).',
      hint: 'Leave commit_strategy out.',
    });
  }
  return problems;
}

function findMarkerMistake({ require_marker: marker }: SubmittedRequest): RequestProblem[] {
  if (typeof marker !== 'string' || !/^(true|false)$/i.test(marker)) return [];
  const detail = `require_marker must be true or an object's name; got the string ${JSON.stringify(marker)}.`;
  return [{ code: 'invalid_request', field: 'require_marker', detail, hint: 'Send it without quotes.' }];
}
