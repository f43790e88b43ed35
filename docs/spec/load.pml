/*
 * How a load is applied exactly once: two workers, two loads of overlapping scopes (load 0 was accepted first), two
 * attempts of each. README.md beside this file maps each step to the code and says what is left out.
 *
 * There are no clocks. A worker may sleep between any two steps for as long as it likes, and a lease may run out at
 * any time: what holds here relies on no clock. Each takeover of a sleeping worker, death, crash, lost answer, failure,
 * cancel, retry and wiped queue costs one of DISTURBANCES.
 *
 * Every guard stands behind a macro: `spin -DWITHOUT_FENCE_TOKEN -a load.pml` is the model without that guard.
 */
#ifndef DISTURBANCES
#define DISTURBANCES 3
#endif
/* The fence's row of each load: 0 is the whole table, 1 one data set of it. */
#ifndef ROW_OF_FIRST
#define ROW_OF_FIRST 0
#endif
#ifndef ROW_OF_SECOND
#define ROW_OF_SECOND 0
#endif

#define LOADS 2
#define WORKERS 2
#define NOBODY 2
#define row_of(load) (load == 0 -> ROW_OF_FIRST : ROW_OF_SECOND)
#define plan_of(load, attempt_no) (2 * (load) + (attempt_no))
#ifdef WITHOUT_PLAN_NAMES
#define staging_of(load, attempt_no) (2 * (load))
#else
#define staging_of(load, attempt_no) plan_of(load, attempt_no)
#endif

/* What must always hold; a violation is reported with the name. */
bool no_second_application = true;
bool no_commit_by_fenced_worker = true;
bool no_end_denies_live_rows = true;
bool no_success_without_rows = true;
bool no_commit_of_cancelled_load = true;
bool commits_in_load_order = true;
bool only_whole_loads_are_applied = true;
bool no_needless_overtaking = true;
bool no_needless_staging_loss = true;
bool no_removal_of_what_is_needed = true;
bool no_lost_load = true;
bool no_litter = true;
#define must(property, condition) property = (condition); assert(property)

byte budget = DISTURBANCES;

/* The control database. QUEUED covers `queued` and `staging`. */
mtype = { QUEUED, COPYING, COMMITTING, SUCCEEDED, FAILED, CANCELLED };
mtype status[LOADS] = QUEUED;
byte owner[LOADS] = NOBODY;       /* whose lease token stands in the row */
byte last_claim[LOADS] = NOBODY;  /* whose lease token is the newest ever drawn for the load */
bool leased[LOADS];               /* false: the lease was given back, or ran out */
bool cancel_requested[LOADS];
bit attempt[LOADS];
bool cleanup_due[4];              /* per plan */
mtype = { NOTHING, EARLIER_LOAD, LOCK };
mtype waits_for[LOADS] = NOTHING;

bool job[LOADS] = true;           /* the queue */

/* The target database. */
byte token[WORKERS];              /* the fence's row of which this worker holds the newest token, plus 1; 0: none */
bool committed[LOADS];            /* committed_loads */
byte last_order;                  /* of the fences together: the newest load applied, plus 1 */
byte rows[4];                     /* of each staging table: how often its part was copied */
bool ledger[4];

/* One backend per worker: workers have one transaction under way at a time. */
mtype = { NO_BACKEND, COPIED, PART_ENTERED, APPLYING, FENCE_LOCKED, COMMIT_SENT };
mtype backend[WORKERS] = NO_BACKEND;
bool answered[WORKERS];           /* COMMIT was answered */

byte load_of[WORKERS] = NOBODY;
bit attempt_of[WORKERS];
bool dead[3];                     /* killed, or stopped for ever; the third is NOBODY */

/* Kept for the properties alone. */
byte applications[LOADS];
byte newest_applied;
bool overtaken[WORKERS];          /* a later owner of the load has finished its claim */
bool sees_whole[WORKERS];
bool has_crashed;

#define is_terminal(load) (status[load] == SUCCEEDED || status[load] == FAILED || status[load] == CANCELLED)
#define is_unclean(load) (cleanup_due[plan_of(load, 0)] || cleanup_due[plan_of(load, 1)])
#define has_earlier(load) (load == 1 && !is_terminal(0))
#define is_free(load) (!leased[load] || dead[owner[load]])
#define other(worker) (1 - worker)

/* What a worker may find in the target of another one's. */
#define holds_fence(worker) (backend[worker] == FENCE_LOCKED || backend[worker] == COMMIT_SENT)
#ifdef WITHOUT_SHARED_LOCK
#define is_locked_by(worker, row) (holds_fence(worker) && row == row_of(load_of[worker]))
#define commit_blocked(worker) (is_locked_by(other(worker), row_of(load_of[worker])))
#else
/* A data set's commit locks the row of the whole table too, FOR SHARE. */
#define is_locked_by(worker, row) (holds_fence(worker) && (row == 0 || row == row_of(load_of[worker])))
#define commit_blocked(worker) (holds_fence(other(worker)) && \
  (row_of(load_of[worker]) == row_of(load_of[other(worker)]) || row_of(load_of[worker]) == 0 || \
   row_of(load_of[other(worker)]) == 0))
#endif
#define is_using(worker, staging) (backend[worker] != NO_BACKEND && \
  staging_of(load_of[worker], attempt_of[worker]) == staging)

/* Its row in the ledger is not committed: a second one of the same key must wait. */
#define is_entering(worker) (backend[worker] == PART_ENTERED && load_of[0] == load_of[1] && attempt_of[0] == attempt_of[1])

inline abort_backend(worker) { backend[worker] = NO_BACKEND }

/* A ROLLBACK, or a connection that is cut: neither takes back a COMMIT that is on its way. */
inline roll_back(worker) {
  if
  :: backend[worker] != COMMIT_SENT -> abort_backend(worker)
  :: else
  fi
}

/* Of one load, those of this lease token and of earlier ones. */
inline end_left_backends(worker) {
#ifndef WITHOUT_END_BACKENDS
  abort_backend(worker);
  if
  :: load_of[other(worker)] == load_of[worker] && last_claim[load_of[worker]] == worker ->
     abort_backend(other(worker))
  :: else
  fi
#else
  abort_backend(worker)
#endif
}

inline end_attempt(load, ending) {
  status[load] = ending;
  must(no_end_denies_live_rows, applications[load] == 0);
  owner[load] = NOBODY;
  leased[load] = false;
  waits_for[load] = NOTHING;
  cancel_requested[load] = false;
  cleanup_due[plan_of(load, attempt[load])] = true
}

/* The compare-and-set of a status: the lease token, the status that is known, no cancel. */
#ifdef WITHOUT_LEASE_TOKEN
#define is_mine(worker) (true)
#else
#define is_mine(worker) (owner[load_of[worker]] == worker)
#endif
#ifdef WITHOUT_CANCEL_CHECK
#define may_move(worker) (is_mine(worker) && status[load_of[worker]] == known)
#else
#define may_move(worker) (is_mine(worker) && status[load_of[worker]] == known && !cancel_requested[load_of[worker]])
#endif

#define may_claim(load) (job[load] && (!is_terminal(load) || is_unclean(load)) && is_free(load))

inline claim_lease(load, worker) {
  job[load] = false;
  owner[load] = worker;
  last_claim[load] = worker;
  leased[load] = true;
  waits_for[load] = NOTHING;
  load_of[worker] = load;
  attempt_of[worker] = attempt[load];
  known = status[load];
  overtaken[worker] = false;
  token[worker] = 0
}

/* The next statement is never sent: killed, or stopped for ever. Its connection may stay. */
#define may_die (budget > 0 && !dead[0] && !dead[1])

proctype Worker(byte w) {
  mtype known = QUEUED;           /* run.status */
  mtype ending = QUEUED;
  mtype purpose = NOTHING;        /* of a claim of the fence: NOTHING (to go on), APPLYING (to commit), or the ending */
  bool applied;

end_idle:
  atomic {
    if
    :: may_claim(0) -> claim_lease(0, w)
    :: may_claim(1) -> claim_lease(1, w)
    fi;
    if
    :: is_terminal(load_of[w]) -> goto clean_up
    :: !is_terminal(load_of[w]) && known == COMMITTING -> purpose = NOTHING; goto resume
    :: !is_terminal(load_of[w]) && known != COMMITTING && cancel_requested[load_of[w]] ->
       ending = CANCELLED; goto settle
    :: else
    fi
  }

copy:
#ifndef DIRECT
#ifndef WITHOUT_END_BEFORE_COPY
  atomic { end_left_backends(w) }
#endif
copy_part:
  atomic {
    if
    :: ledger[staging_of(load_of[w], attempt_of[w])] -> goto copied
    :: else -> backend[w] = COPIED
    fi
  }
#ifdef WITHOUT_LEDGER_IN_TRANSACTION
  if
  :: atomic { backend[w] == COPIED -> rows[staging_of(load_of[w], attempt_of[w])]++; abort_backend(w) }
  :: atomic { backend[w] == NO_BACKEND -> goto give_back }
  fi;
  if
  :: atomic { may_die -> budget--; dead[w] = true; goto end_dead }
  :: ledger[staging_of(load_of[w], attempt_of[w])] = true
  fi;
#else
enter_part:
  if
  :: atomic { backend[w] == NO_BACKEND -> goto give_back }
#ifdef WITHOUT_LEDGER_KEY
  :: atomic { backend[w] == COPIED -> backend[w] = PART_ENTERED }
#else
  :: atomic {
       backend[w] == COPIED && ledger[staging_of(load_of[w], attempt_of[w])] -> abort_backend(w); goto copied
     }
  :: atomic {
       backend[w] == COPIED && !ledger[staging_of(load_of[w], attempt_of[w])] && !is_entering(other(w)) ->
       backend[w] = PART_ENTERED
     }
  :: atomic { backend[w] == COPIED && is_entering(other(w)) && dead[other(w)] -> goto give_back }
#endif
  fi;
  if
  :: atomic { backend[w] == NO_BACKEND -> goto give_back }
  :: atomic { may_die -> budget--; dead[w] = true; goto end_dead }
  :: atomic {
       backend[w] == PART_ENTERED ->
       rows[staging_of(load_of[w], attempt_of[w])]++;
       ledger[staging_of(load_of[w], attempt_of[w])] = true;
       abort_backend(w)
     }
  fi;
#endif
#endif

copied:
  if
  :: atomic { budget > 0 -> budget--; ending = FAILED; goto settle }
  :: atomic { known != QUEUED -> goto turn }
  :: atomic {
       known == QUEUED ->
       if
       :: may_move(w) -> status[load_of[w]] = COPYING; known = COPYING
       :: else -> goto explain_lost
       fi
     }
  fi;

turn:
  atomic {
#ifndef WITHOUT_TURN
    if
    :: has_earlier(load_of[w]) -> goto wait_for_earlier
    :: else
    fi;
#endif
    purpose = APPLYING; goto claim
  }

resume:
  atomic {
#ifndef WITHOUT_TURN_OF_EACH_TRY
    if
    :: has_earlier(load_of[w]) -> goto wait_for_earlier
    :: else
    fi;
#endif
    goto claim
  }

/* A dead worker of this load may hold the lock that the earlier load needs. */
wait_for_earlier:
  atomic {
#ifndef WITHOUT_END_BEFORE_WAIT
    end_left_backends(w);
#endif
    if
    :: owner[load_of[w]] == w -> waits_for[load_of[w]] = EARLIER_LOAD
    :: else
    fi;
    goto give_back
  }

claim:
#ifdef WITHOUT_READ_AFTER_RAISE
  applied = committed[load_of[w]];
#endif
claim_raise:
#ifndef WITHOUT_RAISE
  if
  :: atomic {
       !is_locked_by(w, row_of(load_of[w])) && !is_locked_by(other(w), row_of(load_of[w])) ->
       if
       :: token[other(w)] == row_of(load_of[w]) + 1 -> token[other(w)] = 0
       :: else
       fi;
       token[w] = row_of(load_of[w]) + 1
     }
  :: atomic {
       is_locked_by(w, row_of(load_of[w])) || is_locked_by(other(w), row_of(load_of[w])) &&
       load_of[other(w)] == load_of[w] && last_claim[load_of[w]] == w ->
       end_left_backends(w);
       if
       :: is_locked_by(other(w), row_of(load_of[w])) -> goto blocked
       :: else -> goto claim_raise
       fi
     }
  :: atomic {
       is_locked_by(other(w), row_of(load_of[w])) && dead[other(w)] &&
       !(load_of[other(w)] == load_of[w] && last_claim[load_of[w]] == w) -> goto blocked
     }
  fi;
#else
  token[w] = row_of(load_of[w]) + 1;
#endif
claim_end_backends:
  atomic { end_left_backends(w) }
claim_recheck:
#ifndef WITHOUT_RECHECK
  atomic {
    if
    :: owner[load_of[w]] == w
    :: else -> goto stop
    fi
  }
#endif
claim_read:
  atomic {
#ifndef WITHOUT_READ_AFTER_RAISE
    applied = committed[load_of[w]];
#endif
    if
    :: load_of[other(w)] == load_of[w] && last_claim[load_of[w]] == w -> overtaken[other(w)] = true
    :: else
    fi;
    if
    :: applied -> applied = false; ending = SUCCEEDED; goto finish
    :: else
    fi;
    if
    :: purpose == NOTHING -> goto copy
    :: purpose == APPLYING
    :: else -> purpose = NOTHING; goto finish
    fi
  }

#ifndef DIRECT
to_committing:
  atomic {
    if
    :: known == COMMITTING
    :: known == COPYING && may_move(w) -> status[load_of[w]] = COMMITTING; known = COMMITTING
    :: else -> goto explain_lost
    fi
  }
apply:
  atomic {
    sees_whole[w] = rows[staging_of(load_of[w], attempt_of[w])] == 1;
#ifndef WITHOUT_STAGING_CHECK
    if
    :: sees_whole[w] && ledger[staging_of(load_of[w], attempt_of[w])]
    :: else -> must(no_needless_staging_loss, has_crashed || owner[load_of[w]] != w); goto refill
    fi;
#endif
    backend[w] = APPLYING;
    answered[w] = false
  }
#else
apply:
  atomic { sees_whole[w] = true; backend[w] = APPLYING; answered[w] = false }
to_committing:
  if
  :: atomic { backend[w] == NO_BACKEND -> goto again }
  :: atomic { known == COMMITTING }
  :: atomic {
       known == COPYING ->
       if
       :: may_move(w) -> status[load_of[w]] = COMMITTING; known = COMMITTING
       :: else -> abort_backend(w); goto explain_lost
       fi
     }
  fi;
#endif

lock_fence:
  if
  :: atomic { backend[w] == NO_BACKEND -> goto again }
  :: atomic { may_die -> budget--; dead[w] = true; goto end_dead }
  :: atomic { backend[w] == APPLYING && commit_blocked(w) && dead[other(w)] -> goto blocked }
  :: atomic {
       backend[w] == APPLYING && !commit_blocked(w) ->
#ifndef WITHOUT_FENCE_TOKEN
       if
       :: token[w] == row_of(load_of[w]) + 1
       :: else -> abort_backend(w); goto again
       fi;
#endif
#ifndef WITHOUT_ORDER_CHECK
       if
       :: last_order > load_of[w] + 1 ->
          must(no_needless_overtaking, attempt[load_of[w]] == 1 || is_terminal(load_of[w]));
          abort_backend(w); ending = FAILED; goto settle
       :: else
       fi;
#endif
       must(no_second_application, !committed[load_of[w]]);
       backend[w] = FENCE_LOCKED
     }
  fi;

send_commit:
  if
  :: atomic { backend[w] == NO_BACKEND -> goto again }
  :: atomic { may_die -> budget--; dead[w] = true; goto end_dead }
  :: atomic { backend[w] == FENCE_LOCKED -> backend[w] = COMMIT_SENT }
  fi;

await_answer:
  if
#ifdef WITHOUT_ONE_TRANSACTION
  :: atomic { answered[w] -> ending = SUCCEEDED; answered[w] = false }
     if
     :: atomic { may_die -> budget--; dead[w] = true; goto end_dead }
     :: atomic { committed[load_of[w]] = true; goto finish }
     fi
#else
  :: atomic { answered[w] -> ending = SUCCEEDED; answered[w] = false; goto finish }
#endif
  :: atomic { backend[w] == NO_BACKEND && !answered[w] -> goto again }
  :: atomic { may_die -> budget--; dead[w] = true; goto end_dead }
  :: atomic {
       budget > 0 -> budget--; answered[w] = false;
       if
       :: goto again
       :: ending = FAILED; goto settle
       fi
     }
  fi;

again:
  atomic {
#ifdef WITHOUT_TURN_OF_EACH_TRY
    purpose = APPLYING; goto claim
#else
    goto turn
#endif
  }

#ifndef DIRECT
refill:
  if
  :: atomic {
       !is_using(other(w), staging_of(load_of[w], attempt_of[w])) ->
       rows[staging_of(load_of[w], attempt_of[w])] = 0;
       ledger[staging_of(load_of[w], attempt_of[w])] = false;
       goto copy
     }
  :: atomic { is_using(other(w), staging_of(load_of[w], attempt_of[w])) && dead[other(w)] -> goto give_back }
  fi;
#endif

/* A lock that another load's dead worker holds: its own successor ends it. */
blocked:
  atomic {
    abort_backend(w);
    if
    :: owner[load_of[w]] == w -> waits_for[load_of[w]] = LOCK
    :: else
    fi;
    goto give_back
  }

explain_lost:
  atomic {
    if
    :: owner[load_of[w]] == w && cancel_requested[load_of[w]] -> ending = CANCELLED; goto settle
    :: else -> goto stop
    fi
  }

settle:
  atomic {
    roll_back(w);
#ifndef WITHOUT_CLAIM_BEFORE_END
    if
    :: known == COMMITTING -> purpose = ending; goto claim
    :: else
    fi
#endif
  }

finish:
  atomic {
    if
    :: is_mine(w) && status[load_of[w]] == known ->
       status[load_of[w]] = ending;
       known = ending;
       must(no_end_denies_live_rows, ending == SUCCEEDED || applications[load_of[w]] == 0);
       must(no_success_without_rows, ending != SUCCEEDED || applications[load_of[w]] == 1);
       cancel_requested[load_of[w]] = false;
       cleanup_due[plan_of(load_of[w], attempt_of[w])] = true
#ifdef WITHOUT_WINNER_CLEANS
    :: else -> cleanup_due[plan_of(load_of[w], attempt_of[w])] = true
#else
    :: else -> goto stop
#endif
    fi
  }

clean_up:
  if
  :: atomic { may_die -> budget--; dead[w] = true; goto end_dead }
  :: atomic { end_left_backends(w) }
  fi;
  if
  :: atomic { cleanup_due[plan_of(load_of[w], 0)] -> attempt_of[w] = 0 }
  :: atomic { !cleanup_due[plan_of(load_of[w], 0)] && cleanup_due[plan_of(load_of[w], 1)] -> attempt_of[w] = 1 }
  :: atomic { !is_unclean(load_of[w]) -> goto give_back }
  fi;
drop_staging:
  if
  :: atomic {
       !is_using(other(w), staging_of(load_of[w], attempt_of[w])) ->
       must(no_removal_of_what_is_needed, is_terminal(load_of[w]) ||
         staging_of(load_of[w], attempt[load_of[w]]) != staging_of(load_of[w], attempt_of[w]));
       rows[staging_of(load_of[w], attempt_of[w])] = 0;
       ledger[staging_of(load_of[w], attempt_of[w])] = false;
       cleanup_due[plan_of(load_of[w], attempt_of[w])] = false;
       goto clean_up
     }
  :: atomic { is_using(other(w), staging_of(load_of[w], attempt_of[w])) && dead[other(w)] -> goto give_back }
  fi;

give_back:
  atomic {
    if
    :: owner[load_of[w]] == w -> leased[load_of[w]] = false
    :: else
    fi
  }
stop:
  atomic {
    abort_backend(w);
    known = QUEUED; ending = QUEUED; purpose = NOTHING; applied = false;
    answered[w] = false; sees_whole[w] = false; overtaken[w] = false; token[w] = 0;
    load_of[w] = NOBODY; attempt_of[w] = 0;
    goto end_idle
  }

end_dead:
  false
}

/* COMMIT reaches the server, or its answer the worker; nobody can tell which came first. */
inline server_commits(worker) {
  must(no_second_application, applications[load_of[worker]] == 0);
  must(no_commit_by_fenced_worker, !overtaken[worker]);
  must(no_end_denies_live_rows, status[load_of[worker]] != FAILED && status[load_of[worker]] != CANCELLED);
  must(no_commit_of_cancelled_load, !cancel_requested[load_of[worker]]);
  must(commits_in_load_order, newest_applied <= load_of[worker] + 1);
  must(only_whole_loads_are_applied, sees_whole[worker]);
  applications[load_of[worker]]++;
  newest_applied = load_of[worker] + 1;
#ifndef WITHOUT_ONE_TRANSACTION
  committed[load_of[worker]] = true;
#endif
  if
  :: last_order < load_of[worker] + 1 -> last_order = load_of[worker] + 1
  :: else
  fi;
  abort_backend(worker);
  answered[worker] = true
}

#define may_end(load) (!is_terminal(load) && may_end_committing(load) && is_free(load))
#ifdef WITHOUT_COMMITTING_SPARED
#define may_end_committing(load) (true)
#else
#define may_end_committing(load) (status[load] != COMMITTING)
#endif

/* Wake-ups that would find nothing changed are left out. */
#define has_left_fence(load) (holds_fence(0) && load_of[0] == load || holds_fence(1) && load_of[1] == load)
#define is_any_fence_held (holds_fence(0) || holds_fence(1))
#define is_worth_a_wake(load) (!job[load] && (!is_terminal(load) || is_unclean(load)) && is_free(load) && \
  !(waits_for[load] == EARLIER_LOAD && has_earlier(load) && !has_left_fence(load)) && \
  !(waits_for[load] == LOCK && is_any_fence_held))

inline cancel(load) {
  budget--;
  if
  :: leased[load] -> cancel_requested[load] = true
  :: else -> end_attempt(load, CANCELLED)
  fi
}

/* While its worker sleeps. */
inline lease_runs_out(load) { budget--; leased[load] = false }

inline retry(load) {
  budget--;
  attempt[load] = 1;
  status[load] = QUEUED;
  owner[load] = NOBODY;
  leased[load] = false;
  cancel_requested[load] = false;
  waits_for[load] = NOTHING;
  job[load] = true
}

/* UNLOGGED tables come back empty; what was not committed is gone. */
inline crash_target() {
  budget--;
  has_crashed = true;
  abort_backend(0);
  abort_backend(1);
  rows[0] = 0; rows[1] = 0; rows[2] = 0; rows[3] = 0;
  ledger[0] = false; ledger[1] = false; ledger[2] = false; ledger[3] = false
}

/* The databases, the queue, the sweep, users and operators. */
proctype World() {
end_world:
  do
  :: atomic { backend[0] == COMMIT_SENT -> server_commits(0) }
  :: atomic { backend[1] == COMMIT_SENT -> server_commits(1) }
#ifndef WITHOUT_SWEEP
  :: atomic { is_worth_a_wake(0) -> job[0] = true }
  :: atomic { is_worth_a_wake(1) -> job[1] = true }
#endif
  :: atomic { may_end(0) && cancel_requested[0] -> end_attempt(0, CANCELLED) }
  :: atomic { may_end(1) && cancel_requested[1] -> end_attempt(1, CANCELLED) }
  :: atomic { may_end(0) && budget > 0 -> budget--; end_attempt(0, FAILED) }
  :: atomic { may_end(1) && budget > 0 -> budget--; end_attempt(1, FAILED) }
  :: atomic { budget > 0 && !is_terminal(0) && may_end_committing(0) && !cancel_requested[0] -> cancel(0) }
  :: atomic { budget > 0 && !is_terminal(1) && may_end_committing(1) && !cancel_requested[1] -> cancel(1) }
  :: atomic { budget > 0 && attempt[0] == 0 && (status[0] == FAILED || status[0] == CANCELLED) -> retry(0) }
  :: atomic { budget > 0 && attempt[1] == 0 && (status[1] == FAILED || status[1] == CANCELLED) -> retry(1) }
  :: atomic { budget > 0 && (job[0] || job[1]) -> budget--; job[0] = false; job[1] = false }
  :: atomic { budget > 0 && leased[0] && !dead[owner[0]] -> lease_runs_out(0) }
  :: atomic { budget > 0 && leased[1] && !dead[owner[1]] -> lease_runs_out(1) }
  :: atomic { budget > 0 && !has_crashed -> crash_target() }
  od
}

/* Where nothing can move any more, everything is done. */
proctype Judge() {
  atomic {
    timeout ->
    must(no_lost_load, is_terminal(0) && is_terminal(1));
    must(no_litter, !is_unclean(0) && !is_unclean(1))
  }
}

init {
  atomic { run Worker(0); run Worker(1); run World(); run Judge() }
}
