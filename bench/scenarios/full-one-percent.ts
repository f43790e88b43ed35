import { createTable } from '../tables.js';
import { defineFullLoad } from './full-load.js';

export const fullOnePercent = defineFullLoad({
  name: 'full-one-percent',
  title: 'full load of half of a table, 1% of its rows changed (diff); psql: begin, delete, \\copy, commit',
  aim: 'at most 0.9 of the time of psql, and 0.12 of its WAL',
  table: 'entity',
  createTable: (url) => createTable(url, 'entity'),
  hasOtherDataSet: true,
  isChanged: (entity) => entity % 100 === 7,
});
