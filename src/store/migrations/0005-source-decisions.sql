-- Decisions about sources and accounts: bans, back-offs, and what is always let in. One row for each target and action, the last decision.

CREATE SEQUENCE source_decision_changes;

CREATE TABLE source_decisions (
  key text COLLATE "C" PRIMARY KEY,
  id uuid NOT NULL,
  at bigint NOT NULL,
  expires_at bigint,
  undone boolean NOT NULL,
  undone_at bigint,
  -- By a person: a rule does not write over it.
  ordered boolean NOT NULL,
  -- Grows with each change: what other nodes read on from.
  changed bigint NOT NULL DEFAULT nextval('source_decision_changes'),
  document text NOT NULL
);
CREATE INDEX source_decisions_changed ON source_decisions (changed);
CREATE INDEX source_decisions_expiry ON source_decisions (expires_at);
