const LIMIT = 120;

/** Airflow's hook shows of an error only its reason phrase: printable ASCII on one line, at most 120 characters. */
export function toReasonPhrase(text: string): string {
  const ascii = text
    .normalize('NFKD')
    .replace(/\s+/g, ' ')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();
  return ascii.length <= LIMIT ? ascii : `${ascii.slice(0, LIMIT - 3)}...`;
}
