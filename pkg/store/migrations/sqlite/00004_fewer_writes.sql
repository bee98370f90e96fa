-- +goose Up
-- A step's latest attempt is in its own row, where its outcome is written anyway; those before it are in table attempt. A step
-- that goes well the first time is so one row, written twice: begun, and recorded. It is one column, because every column of a
-- row costs time with each write: a JSON list of number, verdict, reason, detail, status, started and took.
ALTER TABLE step ADD COLUMN latest TEXT;
CREATE VIEW all_attempts AS
  SELECT delivery, number, step, verdict, reason, detail, status, started, took FROM attempt
  UNION ALL
  SELECT delivery, latest ->> 0, name, latest ->> 1, latest ->> 2, latest ->> 3, latest ->> 4, latest ->> 5, latest ->> 6
  FROM step WHERE latest IS NOT NULL;

-- Identical bodies are found in memory and here. Bodies come here later, in sorted lots (pkg/store/sqlite_twins.go): written with
-- each event, every one would touch a page of its own. meta 'twins' is the last event that is here, 'twins_at' the latest time
-- at which one that is here was accepted.
CREATE TABLE twin (
  digest INTEGER NOT NULL,         -- the first 8 bytes of the body's digest
  id     INTEGER NOT NULL,
  PRIMARY KEY (digest, id)
) STRICT, WITHOUT ROWID;
INSERT INTO twin SELECT dedup, id FROM event WHERE dedup IS NOT NULL ORDER BY dedup, id;
DROP INDEX event_dedup;
INSERT INTO meta (key, value) VALUES
  ('twins', (SELECT coalesce(max(id), 0) FROM event)),
  ('twins_at', (SELECT coalesce(max(accepted_at), 0) FROM delivery));

-- The condition is evaluated with every write of a delivery: IN (...) would make a table for its list each time.
DROP INDEX delivery_trouble;
CREATE INDEX delivery_trouble ON delivery (state) WHERE state = 2 OR state = 4 OR state = 5;
