-- Where the log goes, and how far each destination has got.

CREATE TABLE exports (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  -- Of the whole installation where there is none.
  organisation_id uuid REFERENCES organisations (id) ON DELETE CASCADE,
  document text NOT NULL,
  -- Tokens, keys and the key of its pseudonyms, sealed under the master key for this destination.
  sealed_secrets text NOT NULL,
  created_at bigint NOT NULL
);

-- Written every half second while there is something to send.
CREATE TABLE export_progress (
  export_id uuid PRIMARY KEY REFERENCES exports (id) ON DELETE CASCADE,
  position bigint NOT NULL,
  document text NOT NULL,
  -- The data folder whose process sends, and until when nobody else does.
  holder uuid,
  held_until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
