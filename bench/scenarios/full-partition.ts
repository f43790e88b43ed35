import { createPartitionedTable } from '../tables.js';
import { defineFullLoad } from './full-load.js';

export const fullPartition = defineFullLoad({
  name: 'full-partition',
  title: 'full load of one partition of two, every row changed; psql: begin, delete, \\copy, commit',
  aim: 'at most 0.65 of the time of psql',
  table: 'parted',
  createTable: (url) => createPartitionedTable(url, 'parted', ['bench-a', 'bench-b']),
  hasOtherDataSet: true,
  isChanged: () => true,
});
