-- Organisations from the first day: every row that belongs to one names it.

CREATE TABLE organisations (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  domain text NOT NULL UNIQUE,
  created_at bigint NOT NULL
);

CREATE TABLE extensions (
  id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  number text NOT NULL,
  name text NOT NULL,
  state text NOT NULL CHECK (state IN ('active', 'suspended')),
  suspended_reason text,
  created_at bigint NOT NULL,
  UNIQUE (organisation_id, number)
);

CREATE TABLE devices (
  id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  extension_id uuid NOT NULL REFERENCES extensions (id) ON DELETE CASCADE,
  username text NOT NULL UNIQUE,
  label text NOT NULL,
  -- HA1 for each algorithm as JSON, sealed under the master key for this device.
  sealed_secrets text NOT NULL,
  certificate_fingerprint text,
  allow_insecure_imported_secret boolean NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX devices_extension ON devices (extension_id);

-- Rewritten at each REGISTER. One index and room in each page, so that an update stays within its page.
CREATE TABLE bindings (
  id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL,
  extension_id uuid NOT NULL,
  device_id uuid NOT NULL,
  expires_at bigint NOT NULL,
  binding text NOT NULL
) WITH (fillfactor = 50, toast_tuple_target = 8160);

-- Processes that hold calls, and when each was last known to live.
CREATE TABLE nodes (
  id uuid PRIMARY KEY,
  home uuid NOT NULL,
  started_at bigint NOT NULL,
  last_seen bigint NOT NULL
);

-- Calls without an end; moved to `calls` when they have one.
CREATE TABLE live_calls (
  id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL,
  node_id uuid NOT NULL,
  started_at bigint NOT NULL,
  record text NOT NULL
) WITH (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
ALTER TABLE live_calls ALTER COLUMN record SET STORAGE EXTERNAL;

CREATE TABLE calls (
  id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL,
  started_at bigint NOT NULL,
  record text NOT NULL
) WITH (toast_tuple_target = 8160);
ALTER TABLE calls ALTER COLUMN record SET STORAGE EXTERNAL;
CREATE INDEX calls_organisation_time ON calls (organisation_id, started_at);

CREATE TABLE events (
  position bigint PRIMARY KEY,
  at bigint NOT NULL,
  organisation_id uuid,
  type text NOT NULL,
  event text NOT NULL
) WITH (toast_tuple_target = 8160);
ALTER TABLE events ALTER COLUMN event SET STORAGE EXTERNAL;
CREATE INDEX events_time ON events USING brin (at) WITH (autosummarize = on);

-- The last position given. Its row is locked until the events that it counts are committed: no holes, no overtaking.
CREATE TABLE event_counter (
  last bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO event_counter VALUES (0);
