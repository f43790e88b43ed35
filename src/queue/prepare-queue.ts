import { createPostgresBackend, Queue } from 'bullmq';
import { queueBackend } from './connection.js';

/** Makes or updates BullMQ's own tables where the queue is in PostgreSQL. Redis needs nothing. */
export async function prepareQueue(queueUrl: string): Promise<void> {
  const backend = queueBackend(queueUrl, 'producer');
  if (backend.kind === 'redis') return;
  const queue = new Queue(
    'copydock',
    { connection: { ...backend.connection, migrate: true } },
    createPostgresBackend,
  );
  queue.on('error', () => {});
  try {
    await queue.waitUntilReady();
  } finally {
    await queue.close();
  }
}
