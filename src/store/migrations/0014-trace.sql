-- The SIP messages of calls, some of one leg in each row: sealed, and kept for days, not for the log's time.
CREATE TABLE call_traces (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  call_id uuid NOT NULL,
  organisation_id uuid NOT NULL,
  began_at bigint NOT NULL,
  sealed text COLLATE "C" NOT NULL
);
CREATE INDEX call_traces_of_call ON call_traces (call_id);
CREATE INDEX call_traces_time ON call_traces (began_at);
