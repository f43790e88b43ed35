import { describeError, describeLoad } from '../src/cli/load-report.js';
import type { LoadBody } from '../src/http/schemas/load.js';
import type { Problem } from '../src/http/schemas/problem.js';

export const INTRODUCTION = `Copydock loads files from S3 into PostgreSQL with COPY. A DAG posts a request that names the data, the environment
and the bucket that stages it; a worker stages the data there, copies it, commits it at once or not at all, cleans up,
and proves it with figures that must balance.

This demo starts PostgreSQL, S3, the API and a worker on this machine, makes tables, puts files of planning.data.gov.uk
into a bucket and loads each over HTTP.
`;

export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

export function showRequest(title: string, request: object): void {
  say(`\n== ${title}`);
  say(`POST /v1/loads ${JSON.stringify(request)}`);
}

/** Draws the statuses as they come, on one line. */
export class StatusLine {
  #last = '';

  add(status: string): void {
    if (status === this.#last) return;
    process.stdout.write(this.#last === '' ? `progress  ${status}` : ` > ${status}`);
    this.#last = status;
  }

  end(): void {
    process.stdout.write('\n');
  }
}

export function showLoad(load: LoadBody, log: string[]): void {
  for (const line of describeLoad(load)) say(line);
  if (load.error !== null) for (const line of describeError(load.error)) say(line);
  say('log');
  for (const line of log) say(`          ${line}`);
}

export function showProblem(status: number, problem: Problem): void {
  say(`answer    ${status} ${problem.title}`);
  for (const line of describeError({ ...problem, retryable: false })) say(line);
}
