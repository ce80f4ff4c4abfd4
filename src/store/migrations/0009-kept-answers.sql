-- Answers to requests that came with an Idempotency-Key, for a day. The name is a digest of who asked and their key, and the
-- answer is sealed under that key: what stands here alone opens none.

CREATE TABLE kept_answers (
  name text COLLATE "C" PRIMARY KEY,
  -- Digest of what was asked.
  request text COLLATE "C" NOT NULL,
  until bigint NOT NULL,
  -- None while the request runs.
  answer text
);
CREATE INDEX kept_answers_until ON kept_answers (until);
