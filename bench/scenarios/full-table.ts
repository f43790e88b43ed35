import { createTable } from '../tables.js';
import { defineFullLoad } from './full-load.js';

export const fullTable = defineFullLoad({
  name: 'full-table',
  title: 'full load of a whole table, every row changed (swap); psql: begin, delete, \\copy, commit',
  aim: 'at most 0.65 of the time of psql, and 0.5 of its WAL',
  table: 'whole',
  createTable: (url) => createTable(url, 'whole'),
  hasOtherDataSet: false,
  isChanged: () => true,
});
