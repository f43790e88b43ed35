import { type Static, Type } from 'typebox';
import { TimeSchema } from './load.js';
import { nullable } from './nullable.js';

export const EnvironmentSchema = Type.Object(
  {
    env: Type.String(),
    paused: Type.Boolean({ description: 'Whether no load begins.' }),
    paused_at: nullable(TimeSchema),
    paused_by: nullable(Type.String({ description: 'The name of the API key, or `command-line`.' })),
    reason: nullable(Type.String()),
  },
  { $id: 'Environment', description: 'Whether loads of an environment begin.' },
);
export type EnvironmentBody = Static<typeof EnvironmentSchema>;

export const EnvironmentsSchema = Type.Object(
  { items: Type.Array(Type.Ref('Environment#')) },
  { $id: 'Environments', description: 'The environments that the key covers.' },
);

export const EnvironmentParamsSchema = Type.Object({
  env: Type.String({ description: 'The name of the environment.', examples: ['development'] }),
});
