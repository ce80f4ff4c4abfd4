-- Toll fraud: what was charged to whom, policies, rate decks, decisions and approvals.

-- Rewritten with each reservation: room in each page, so that an update stays within it. Periods that are over are deleted.
CREATE TABLE budget_counters (
  organisation_id uuid NOT NULL,
  period text COLLATE "C" NOT NULL,
  scope text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  charged bigint NOT NULL CHECK (charged >= 0),
  PRIMARY KEY (organisation_id, period, scope, subject)
) WITH (fillfactor = 50);

-- The last change of counters of each data folder, and what came of it: a change whose answer was lost is made once only.
CREATE TABLE budget_writers (
  home uuid PRIMARY KEY,
  number bigint NOT NULL,
  result bigint[] NOT NULL
) WITH (fillfactor = 10);

-- Gives back, then charges: each entry as a whole or not at all. Counters are named once (organisations, periods, scopes, subjects,
-- refunds); entry `i` has the claims after `ends[i - 1]` up to `ends[i]`, each with the number of its counter. How many
-- counters there were comes back, then two numbers for each entry: 0, or the number of the claim that has no room, and what is left
-- there. Null: another process had the turn.
-- Rows are made, then locked, in the order of their key: two nodes never wait for each other.
CREATE FUNCTION change_budgets(
  writer uuid, turn bigint,
  organisations uuid[], periods text[], scopes text[], subjects text[], refunds bigint[],
  ends integer[], counters integer[], amounts bigint[], caps bigint[]
) RETURNS bigint[] LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  last budget_writers%ROWTYPE;
  sums bigint[];
  found_rows integer;
  outcome bigint[] := ARRAY[cardinality(organisations)];
  claim integer := 1;
  first_claim integer;
  short integer;
  room bigint;
BEGIN
  SELECT * INTO last FROM budget_writers WHERE home = writer FOR UPDATE;
  IF last.number = turn THEN
    RETURN last.result;
  ELSIF last.number IS DISTINCT FROM turn - 1 THEN
    RETURN NULL;
  END IF;

  INSERT INTO budget_counters (organisation_id, period, scope, subject, charged)
    SELECT item.organisation_id, item.period, item.scope, item.subject, 0
    FROM unnest(organisations, periods, scopes, subjects) AS item (organisation_id, period, scope, subject)
    ORDER BY item.organisation_id, item.period COLLATE "C", item.scope COLLATE "C", item.subject COLLATE "C"
    ON CONFLICT DO NOTHING;
  SELECT array_agg(greatest(0, locked.charged - refunds[locked.position]) ORDER BY locked.position), count(*)
    INTO sums, found_rows
    FROM (
      SELECT counter.charged, item.position
      FROM unnest(organisations, periods, scopes, subjects) WITH ORDINALITY
        AS item (organisation_id, period, scope, subject, position)
      JOIN budget_counters AS counter USING (organisation_id, period, scope, subject)
      ORDER BY counter.organisation_id, counter.period, counter.scope, counter.subject
      FOR UPDATE OF counter
    ) AS locked;
  IF found_rows <> cardinality(organisations) THEN
    RAISE 'a budget counter was deleted while it was charged' USING ERRCODE = 'cardinality_violation';
  END IF;

  FOR entry IN 1 .. cardinality(ends) LOOP
    first_claim := claim;
    short := 0;
    room := 0;
    WHILE claim <= ends[entry] LOOP
      room := caps[claim] - sums[counters[claim]];
      IF amounts[claim] > room THEN
        short := claim - first_claim + 1;
        EXIT;
      END IF;
      sums[counters[claim]] := sums[counters[claim]] + amounts[claim];
      claim := claim + 1;
    END LOOP;
    IF short > 0 THEN
      FOR taken IN first_claim .. claim - 1 LOOP
        sums[counters[taken]] := sums[counters[taken]] - amounts[taken];
      END LOOP;
    END IF;
    outcome := outcome || ARRAY[short, greatest(0, room)]::bigint[];
    claim := ends[entry] + 1;
  END LOOP;

  UPDATE budget_counters AS counter SET charged = item.charged
    FROM unnest(organisations, periods, scopes, subjects, sums)
      AS item (organisation_id, period, scope, subject, charged)
    WHERE counter.organisation_id = item.organisation_id AND counter.period = item.period
      AND counter.scope = item.scope AND counter.subject = item.subject AND counter.charged <> item.charged;
  UPDATE budget_writers SET number = turn, result = outcome WHERE home = writer;
  RETURN outcome;
END
$$;

CREATE TABLE fraud_policies (
  organisation_id uuid PRIMARY KEY REFERENCES organisations (id) ON DELETE CASCADE,
  document text NOT NULL
);

-- `rates`: lines of JSON, compressed.
CREATE TABLE fraud_decks (
  organisation_id uuid PRIMARY KEY REFERENCES organisations (id) ON DELETE CASCADE,
  name text NOT NULL,
  currency text NOT NULL,
  imported_at bigint NOT NULL,
  rates bytea NOT NULL
);
ALTER TABLE fraud_decks ALTER COLUMN rates SET STORAGE EXTERNAL;

CREATE TABLE fraud_decisions (
  id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL,
  at bigint NOT NULL,
  expires_at bigint,
  undone_at bigint,
  document text NOT NULL
);
CREATE INDEX fraud_decisions_time ON fraud_decisions (at);

CREATE TABLE fraud_approvals (
  id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL,
  expires_at bigint NOT NULL,
  undone_at bigint,
  document text NOT NULL
);
