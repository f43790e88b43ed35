/**
 * Assignments that end an attempt which no live worker holds, beside its status: whoever still believes to hold it
 * finds its lease gone. A trigger makes the plan's clean-up due, and the raised wake number reaches a worker for it
 * even where an older job of the load is stuck in the queue.
 */
export const END_ATTEMPT = `finished_at = now(), waiting_for = NULL,
  lease_token = NULL, lease_owner = NULL, lease_expires_at = NULL,
  wake_number = wake_number + 1, wake_at = now(), unanswered_wakes = 0`;
