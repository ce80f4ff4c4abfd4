-- What is loud or failed is rare among millions, and asked for without a time; counts by time read no whole rows.
CREATE INDEX events_loud ON events (severity, position) WHERE severity >= 2;
CREATE INDEX events_failed ON events (position) WHERE outcome = 1;
CREATE INDEX events_counted ON events (at) INCLUDE (organisation_id, class, month, type, severity, outcome);
