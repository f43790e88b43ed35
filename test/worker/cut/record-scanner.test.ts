import t from 'tap';
import { RecordScanner, type ScannerOptions } from '../../../src/worker/cut/record-scanner.js';

function scan(text: string, options: Partial<Record<'quote' | 'escape', string>> = {}, lineEnd?: 'cr') {
  const { quote = '"', escape: escapeWith = quote } = options;
  const scannerOptions: ScannerOptions = {
    quote: quote.charCodeAt(0),
    escape: escapeWith.charCodeAt(0),
    delimiter: ','.charCodeAt(0),
    lineEnd: lineEnd ?? 'lf',
  };
  const bytes = Buffer.from(text);
  const whole = new RecordScanner(scannerOptions);
  whole.scan(bytes, 0, bytes.length);
  const byByte = new RecordScanner(scannerOptions);
  for (let at = 0; at < bytes.length; at += 1) byByte.scan(bytes, at, at + 1);
  const figures = ({ records, lines, recordEnd, linesAtRecordEnd, isInQuotes }: RecordScanner) => ({
    records,
    lines,
    recordEnd,
    linesAtRecordEnd,
    isInQuotes,
  });
  t.same(figures(byByte), figures(whole), `chunks do not matter: ${JSON.stringify(text)}`);
  return figures(whole);
}

t.test('records end at line ends outside quotes', async (t) => {
  t.match(scan('a\nb\n'), { records: 2, lines: 2, recordEnd: 4, linesAtRecordEnd: 2 });
  t.match(scan('"a\nb"\nc'), { records: 1, lines: 2, recordEnd: 6, linesAtRecordEnd: 2 });
  t.match(scan('a"b\nc"d\n'), { records: 1, lines: 2 }, 'a quote in the middle of a field toggles, too');
  t.match(scan('"a""\n"\n'), { records: 1, lines: 2 });
  t.match(scan('\n\n'), { records: 2 });
  t.match(scan('"a\n'), { records: 0, isInQuotes: true });
});

t.test('a carriage return alone ends records only where the source is written so', async (t) => {
  t.match(scan('a\r"b\rc"\r', {}, 'cr'), { records: 2, lines: 3, recordEnd: 8 });
  t.match(scan('a\rb\r\n'), { records: 1 });
});

t.test('an escape character makes the next quote plain, within quotes only', async (t) => {
  const backslash = { escape: '\\' };
  t.match(scan('"a\\"\n"\n', backslash), { records: 1, lines: 2 });
  t.match(scan('"a\\\\"\n', backslash), { records: 1, lines: 1, isInQuotes: false });
  t.match(scan('a\\"b\nc"\n', backslash), { records: 1, lines: 2 });
  t.match(scan("'a\nb'\n", { quote: "'" }), { records: 1 });
});

t.test('what stands after the last line end is a record of its own', async (t) => {
  const scanner = new RecordScanner({ quote: 34, escape: 34, delimiter: 44, lineEnd: 'lf' });
  scanner.scan(Buffer.from('a\nb'), 0, 3);
  scanner.finish();
  scanner.finish();
  t.match(scanner, { records: 2, recordEnd: 3, linesAtRecordEnd: 1 });
});
