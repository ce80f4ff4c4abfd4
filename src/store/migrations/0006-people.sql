-- People, how they prove who they are, their sessions, and the keys of programs. What somebody is found by is a column or
-- a row of person_keys; the rest is one document, as it grows with each release.

CREATE TABLE people (
  id uuid PRIMARY KEY,
  -- Of the whole installation where there is none.
  organisation_id uuid REFERENCES organisations (id) ON DELETE CASCADE,
  email text COLLATE "C" NOT NULL UNIQUE,
  role text NOT NULL,
  -- Grows with each change: who changes an older one reads again.
  version integer NOT NULL,
  -- SHA-256 of the token of the link that is out.
  invitation text COLLATE "C" UNIQUE,
  -- The secret of the authenticator, sealed under the master key for this person.
  sealed_totp text,
  created_at bigint NOT NULL,
  document text NOT NULL
);
CREATE INDEX people_organisation ON people (organisation_id);
CREATE INDEX people_role ON people (role);

-- What one person, and nobody else, is found by: passkeys, accounts at identity providers.
CREATE TABLE person_keys (
  key text COLLATE "C" PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE
);
CREATE INDEX person_keys_person ON person_keys (person_id);

CREATE TABLE person_sessions (
  id uuid PRIMARY KEY,
  -- SHA-256: who reads this table can sign in as nobody.
  token_hash text COLLATE "C" NOT NULL UNIQUE,
  -- Of the token before it, which is good for a moment longer: for requests that were on their way.
  previous_hash text COLLATE "C" UNIQUE,
  previous_until bigint NOT NULL DEFAULT 0,
  person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  created_at bigint NOT NULL,
  last_seen_at bigint NOT NULL,
  until bigint NOT NULL,
  stepped_up_until bigint NOT NULL,
  must_enrol boolean NOT NULL,
  document text NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX person_sessions_person ON person_sessions (person_id);

-- Ceremonies that were finished, until they would be over anyway.
CREATE TABLE used_ceremonies (
  id text COLLATE "C" PRIMARY KEY,
  until bigint NOT NULL
);

CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  organisation_id uuid REFERENCES organisations (id) ON DELETE CASCADE,
  hash text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  last_used_at bigint,
  document text NOT NULL
);
CREATE INDEX api_keys_organisation ON api_keys (organisation_id);
