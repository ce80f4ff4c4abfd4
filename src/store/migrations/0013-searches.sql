-- Questions to the log that are kept by name. What is asked for may be about somebody: sealed.
CREATE TABLE saved_searches (
  organisation_id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  sealed text COLLATE "C" NOT NULL,
  PRIMARY KEY (organisation_id, name)
);
