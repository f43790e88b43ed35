/** Data flows one way: http -> loads -> queue -> worker -> postgres, s3. Only start and cli wire (docs/architecture.md). */
const rule = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: to },
});

const room = (...names) => `^src/(${names.join('|')})(/|\\.ts$)`;

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one thing, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    rule(
      'loads-is-pure',
      'loads knows the others only by the interfaces of its store.ts.',
      room('loads'),
      room('http', 'queue', 'worker', 'postgres', 's3', 'dashboard', 'start', 'cli'),
    ),
    rule(
      'http-knows-loads',
      'http speaks to the service of loads and to nothing behind it.',
      room('http', 'dashboard'),
      room('queue', 'worker', 'postgres', 's3', 'start', 'cli'),
    ),
    rule(
      'queue-carries-ids',
      'queue wakes whoever it was given; it knows no worker.',
      room('queue'),
      room('http', 'dashboard', 'worker', 'postgres', 's3', 'start', 'cli'),
    ),
    rule(
      'worker-is-woken',
      'worker is woken by what start wires, and answers through the control database.',
      room('worker'),
      room('http', 'dashboard', 'queue', 'start', 'cli'),
    ),
    rule(
      'postgres-is-a-tool',
      'postgres knows no one who uses it.',
      room('postgres'),
      room('http', 'dashboard', 'queue', 'worker', 's3', 'start', 'cli'),
    ),
    rule(
      's3-is-a-tool',
      's3 knows no one who uses it.',
      room('s3'),
      room('http', 'dashboard', 'queue', 'worker', 'postgres', 'start', 'cli'),
    ),
    rule(
      'config-is-read-first',
      'config knows what a load is, and nothing else.',
      room('config', 'logger'),
      room('http', 'dashboard', 'queue', 'worker', 'postgres', 's3', 'start', 'cli'),
    ),
    rule(
      'tracing-is-a-tool',
      'tracing knows no one who uses it.',
      room('tracing'),
      room('http', 'dashboard', 'queue', 'worker', 'postgres', 's3', 'start', 'cli'),
    ),
    {
      name: 'telemetry-stays-in-its-room',
      comment: "OpenTelemetry's packages are loaded where traces are asked for, and nowhere else.",
      severity: 'error',
      from: { path: '^src/(?!tracing/(open-telemetry|watched-exporter)\\.ts$)' },
      to: { path: 'node_modules/@opentelemetry/' },
    },
    rule('start-is-for-cli', 'Only the commands start processes.', '^src/(?!start/|cli)', room('start')),
    {
      name: 'drivers-stay-in-their-rooms',
      comment: 'loads and http get no driver by the back door.',
      severity: 'error',
      from: { path: room('loads', 'http', 'dashboard', 'config') },
      to: { path: 'node_modules/(pg|pg-copy-streams|bullmq|ioredis|@aws-sdk)/' },
    },
    {
      name: 'no-development-packages',
      comment:
        'What src needs at run time is a dependency; the embedded servers are optional and looked up by name.',
      severity: 'error',
      from: { path: '^src' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
