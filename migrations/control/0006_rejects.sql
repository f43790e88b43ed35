-- Up Migration

-- Records of the current attempt that were left out (on_error: skip). Of very many only the first found are kept in full;
-- loads.rejected counts all of them.
CREATE TABLE copydock.rejects (
  load_id       text NOT NULL REFERENCES copydock.loads ON DELETE CASCADE,
  attempt       integer NOT NULL,
  seq           integer NOT NULL,
  object        text NOT NULL,
  line          bigint,
  record_number bigint,
  byte_offset   bigint,
  column_name   text,
  sqlstate      text NOT NULL,
  reason        text NOT NULL,
  record        text NOT NULL,
  is_cut        boolean NOT NULL,
  -- The names of the record's columns and its values as text; values are null where they don't match the columns.
  columns       text[] NOT NULL,
  field_values  text[],
  PRIMARY KEY (load_id, attempt, seq)
);
ALTER TABLE copydock.loads ADD COLUMN rejected bigint;
