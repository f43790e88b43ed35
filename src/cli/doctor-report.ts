import type { Check, CheckStatus } from '../start/doctor/check.js';

/** Counts what is told to it. */
class Report {
  protected readonly checks: Check[] = [];

  add(check: Check): void {
    this.checks.push(check);
  }

  count(status: CheckStatus): number {
    return this.checks.filter((check) => check.status === status).length;
  }
}

export class JsonReport extends Report {
  end(): void {
    const counts = { failed: this.count('failed'), warnings: this.count('warning') };
    process.stdout.write(`${JSON.stringify({ ...counts, checks: this.checks }, null, 2)}\n`);
  }
}

/** Each check as soon as it is there. */
export class TextReport extends Report {
  override add(check: Check): void {
    super.add(check);
    const { status, subject, check: name, found, hint } = check;
    const wayOut = hint === null ? '' : ` -> ${hint}`;
    process.stdout.write(`${status.padEnd(8)} ${subject}, ${name}: ${found}${wayOut}\n`);
  }

  end(): void {
    const counts = (['ok', 'warning', 'failed', 'skipped'] as const).map(
      (status) => `${this.count(status)} ${status}`,
    );
    process.stdout.write(`${counts.join(', ')}\n`);
  }
}
