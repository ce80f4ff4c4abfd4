-- The number of the last batch of events of each data folder: a batch whose answer was lost is never written twice, not
-- even when the first attempt is committed after the second.

CREATE TABLE event_writers (
  home uuid PRIMARY KEY,
  batch bigint NOT NULL
) WITH (fillfactor = 10);
