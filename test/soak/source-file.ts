import type { PlannedLoad, SourceRow } from './planned-load.js';

const HEADER = 'id,dataset,load,line,note\n';

/** The objects of a load's source by key; none where the flaw is that there are none. */
export function makeSource(load: PlannedLoad, isMended: boolean): Map<string, string> {
  const flaw = isMended ? null : load.flaw;
  if (flaw === 'missing_source') return new Map();
  return new Map(
    load.objects.map((rows, index) => {
      const isBad = flaw === 'bad_value' && index === load.objects.length - 1;
      return [
        `${sourcePrefix(load)}part-${index}.csv`,
        HEADER + rows.map(formatRow).join('') + (isBad ? BAD : ''),
      ];
    }),
  );
}

export function sourcePrefix({ tag }: PlannedLoad): string {
  return `${tag}/`;
}

const BAD = 'not a number,x,x,0,x\n';

/** Notes of all lengths, some with quotes, commas and line ends in them: parts are cut at records all the same. */
function formatRow({ id, dataset, load, line }: SourceRow): string {
  return `${id},${dataset},${load},${line},${noteOf(line)}\n`;
}

function noteOf(line: number): string {
  const text = 'n'.repeat((line * 7) % 90);
  return line % 5 === 0 ? `"${text}, ""quoted""\nand on line ${line}"` : text;
}
