-- The way to the outside: trunks, numbers, ring groups, and how organisations and their extensions call. What is looked up or
-- must be unique is a column; the rest is one document, as it grows with each release.

CREATE TABLE trunks (
  id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  name text NOT NULL,
  created_at bigint NOT NULL,
  document text NOT NULL,
  -- Sealed under the master key for this trunk.
  sealed_password text,
  UNIQUE (organisation_id, name)
);

CREATE TABLE owned_numbers (
  id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  e164 text NOT NULL UNIQUE,
  created_at bigint NOT NULL,
  document text NOT NULL
);

CREATE TABLE ring_groups (
  id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  number text NOT NULL,
  created_at bigint NOT NULL,
  document text NOT NULL,
  UNIQUE (organisation_id, number)
);

CREATE TABLE organisation_calling (
  organisation_id uuid PRIMARY KEY REFERENCES organisations (id) ON DELETE CASCADE,
  document text NOT NULL
);

CREATE TABLE extension_calling (
  extension_id uuid PRIMARY KEY REFERENCES extensions (id) ON DELETE CASCADE,
  document text NOT NULL
);
