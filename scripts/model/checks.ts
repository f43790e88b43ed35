/** What is asked of the model: that nothing bad happens and every end is a good one, or that every execution ends. */
export type Question = 'states' | 'cycles';

export interface Check {
  question: Question;
  /** Macros for Spin, without `-D`. */
  macros: readonly string[];
}

/** The model as it is: what two loads may have in common. */
export const VARIANTS: readonly { name: string; macros: readonly string[] }[] = [
  { name: 'staged, one scope', macros: [] },
  { name: 'direct, one scope', macros: ['DIRECT'] },
  { name: 'whole table, then a data set', macros: ['ROW_OF_SECOND=1'] },
  { name: 'data set, then the whole table', macros: ['ROW_OF_FIRST=1'] },
];

export interface Guard {
  /** The macro is `WITHOUT_` and this. */
  name: string;
  meaning: string;
  /** Where its removal shows: by default in the states of the first variant. */
  question?: Question;
  macros?: readonly string[];
}

export const GUARDS: readonly Guard[] = [
  { name: 'LEASE_TOKEN', meaning: 'writes to the control database require the lease token' },
  { name: 'CANCEL_CHECK', meaning: 'a status moves on only if no cancel was asked for' },
  { name: 'COMMITTING_SPARED', meaning: 'cancel and sweep do not end a load that stands at committing' },
  { name: 'SWEEP', meaning: 'the sweep wakes every unfinished load' },
  { name: 'RAISE', meaning: 'the claim raises the token of the fence' },
  { name: 'FENCE_TOKEN', meaning: 'the commit checks the token of the fence' },
  { name: 'RECHECK', meaning: 'after the raise, the claim asks whether the lease is still its own' },
  { name: 'READ_AFTER_RAISE', meaning: 'committed_loads is read after the raise, not before' },
  { name: 'CLAIM_BEFORE_END', meaning: 'from committing, a load is ended only after a claim' },
  { name: 'END_BACKENDS', meaning: 'backends that earlier owners left are ended' },
  {
    name: 'END_BEFORE_COPY',
    meaning: 'they are ended before the ledger is read',
    question: 'cycles',
  },
  {
    name: 'END_BEFORE_WAIT',
    meaning: 'they are ended before the load waits for its turn',
    question: 'cycles',
  },
  { name: 'ONE_TRANSACTION', meaning: 'rows and committed_loads are one transaction' },
  { name: 'LEDGER_IN_TRANSACTION', meaning: 'a part and its row of the ledger are one transaction' },
  { name: 'LEDGER_KEY', meaning: 'the ledger takes a part once' },
  { name: 'STAGING_CHECK', meaning: 'ledger and count of the staging table are checked before the commit' },
  { name: 'TURN', meaning: 'a load waits for earlier ones of its scope' },
  {
    name: 'TURN_OF_EACH_TRY',
    meaning: 'each try to commit asks anew whose turn it is',
    question: 'cycles',
  },
  { name: 'ORDER_CHECK', meaning: 'the commit refuses a load that a newer one has overtaken' },
  {
    name: 'SHARED_LOCK',
    meaning: "a data set's commit locks the row of the whole table too",
    macros: ['ROW_OF_SECOND=1'],
  },
  { name: 'PLAN_NAMES', meaning: "staging tables carry the plan's name, not the load's" },
  { name: 'WINNER_CLEANS', meaning: 'only the winner of the terminal state cleans up' },
];
