-- The log as a chain: each event bound to the one before it of its class, signed now and then, sealed by subject.
-- What stood in the log before is taken over at the next start, in order, under the positions that it had.

ALTER TABLE events RENAME TO events_before;
ALTER INDEX events_pkey RENAME TO events_before_pkey;
DROP INDEX events_time, events_of_organisation, events_of_type;

-- class: 1 calls, 2 security, 3 administration, 4 system. month: year * 12 + month, of the writing; it only grows.
-- Partitions (events_CLASS_YYYYMM) are made ahead by the writers.
CREATE TABLE events (
  position bigint NOT NULL,
  sequence bigint NOT NULL,
  at bigint NOT NULL,
  organisation_id uuid,
  -- Blind indexes by place: actor, extension, source, target, client, rule, call, session; then further ones.
  tokens bigint[] NOT NULL,
  month integer NOT NULL,
  class smallint NOT NULL,
  severity smallint NOT NULL,
  outcome smallint NOT NULL,
  type text COLLATE "C" NOT NULL,
  hash bytea NOT NULL,
  document text COLLATE "C" NOT NULL,
  sealed text COLLATE "C" NOT NULL
) PARTITION BY LIST (class);

CREATE TABLE events_calls PARTITION OF events FOR VALUES IN (1) PARTITION BY RANGE (month);
CREATE TABLE events_security PARTITION OF events FOR VALUES IN (2) PARTITION BY RANGE (month);
CREATE TABLE events_administration PARTITION OF events FOR VALUES IN (3) PARTITION BY RANGE (month);
CREATE TABLE events_system PARTITION OF events FOR VALUES IN (4) PARTITION BY RANGE (month);

CREATE INDEX events_position ON events (position);
CREATE INDEX events_organisation ON events (organisation_id, position);
CREATE INDEX events_types ON events (type, position);
CREATE INDEX events_at ON events USING brin (at) WITH (autosummarize = on, pages_per_range = 32);
CREATE INDEX events_tokens ON events USING gin (tokens);

-- The end of the log. Its row is locked until the events that it counts are committed.
ALTER TABLE event_counter
  ADD COLUMN month integer NOT NULL DEFAULT 0,
  -- Grows when a key is destroyed: nobody seals with it any more.
  ADD COLUMN epoch bigint NOT NULL DEFAULT 0,
  ADD COLUMN sequences bigint[] NOT NULL DEFAULT '{0,0,0,0}',
  ADD COLUMN hashes bytea[] NOT NULL
    DEFAULT array_fill(decode(repeat('00', 32), 'hex'), ARRAY[4]);
UPDATE event_counter SET last = coalesce((SELECT min(position) - 1 FROM events_before), last);

CREATE TABLE event_keys (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Blind index of whom it is about.
  subject bytea NOT NULL,
  -- Under the master key; null: destroyed.
  sealed_key text,
  created_at bigint NOT NULL
);
CREATE UNIQUE INDEX event_keys_subject ON event_keys (subject) WHERE sealed_key IS NOT NULL;

-- The key that signs, and the one that makes blind indexes.
CREATE TABLE event_secrets (
  name text PRIMARY KEY,
  public_key text NOT NULL,
  sealed_secret text NOT NULL
);

CREATE TABLE event_statements (
  number bigint PRIMARY KEY,
  kind text NOT NULL,
  at bigint NOT NULL,
  position bigint NOT NULL,
  text text NOT NULL,
  signature text NOT NULL
);

-- Position and link are given where the order is decided. -1: the keys are not those of `wanted_epoch`; no row: the batch
-- is not the next one of this writer.
CREATE FUNCTION append_events(
  writer uuid, number bigint, wanted_epoch bigint, wanted_month integer,
  ats bigint[], organisations uuid[], classes smallint[], severities smallint[], outcomes smallint[], types text[],
  documents text, sealeds text, token_lists text
) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
DECLARE
  counter event_counter%ROWTYPE;
  texts text[] := string_to_array(documents, E'\n');
  row_sequences bigint[] := ats;
  row_hashes bytea[] := array_fill(''::bytea, ARRAY[cardinality(ats)]);
  total integer := cardinality(ats);
  each_class smallint;
  link bytea;
BEGIN
  SELECT * INTO counter FROM event_counter FOR UPDATE;
  IF counter.epoch <> wanted_epoch THEN
    RETURN NEXT -1;
    RETURN;
  END IF;
  UPDATE event_writers SET batch = batch + 1 WHERE home = writer AND batch = number;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  counter.month := greatest(counter.month, wanted_month);
  FOR i IN 1..total LOOP
    each_class := classes[i];
    counter.sequences[each_class] := counter.sequences[each_class] + 1;
    link := sha256(
      counter.hashes[each_class] || int8send(counter.last + i) || int8send(counter.sequences[each_class])
      || sha256(convert_to(texts[i], 'UTF8'))
    );
    counter.hashes[each_class] := link;
    row_sequences[i] := counter.sequences[each_class];
    row_hashes[i] := link;
  END LOOP;
  INSERT INTO events (
    position, sequence, at, organisation_id, tokens, month, class, severity, outcome, type, hash, document, sealed
  )
  SELECT counter.last + item.ordinal, item.sequence, item.at, item.organisation_id, item.token_list::bigint[],
    counter.month, item.class, item.severity, item.outcome, item.type, item.hash, item.document, item.sealed
  FROM ROWS FROM (
    unnest(row_sequences), unnest(ats), unnest(organisations), string_to_table(token_lists, E'\n'), unnest(classes),
    unnest(severities), unnest(outcomes), unnest(types), unnest(row_hashes), unnest(texts), string_to_table(sealeds, E'\n')
  ) WITH ORDINALITY AS item (
    sequence, at, organisation_id, token_list, class, severity, outcome, type, hash, document, sealed, ordinal
  );
  UPDATE event_counter SET last = counter.last + total, month = counter.month,
    sequences = counter.sequences, hashes = counter.hashes;
  RETURN NEXT number + 1;
END
$$;
