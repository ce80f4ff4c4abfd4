-- Pages of a log of millions, of one organisation and of types that are rare: without these the whole log is read for them.
CREATE INDEX events_of_organisation ON events (organisation_id, position);
CREATE INDEX events_of_type ON events (type COLLATE "C", position);
