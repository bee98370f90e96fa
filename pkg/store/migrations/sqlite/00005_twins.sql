-- +goose Up
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
