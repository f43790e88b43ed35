import { createTable } from '../tables.js';
import { defineFullLoad } from './full-load.js';

export const fullDataSet = defineFullLoad({
  name: 'full-data-set',
  title: 'full load of half of a table, every row changed; psql: begin, delete, \\copy, commit',
  aim: 'at most 1.05 of the time of psql',
  table: 'entity',
  createTable: (url) => createTable(url, 'entity'),
  hasOtherDataSet: true,
  isChanged: () => true,
});
