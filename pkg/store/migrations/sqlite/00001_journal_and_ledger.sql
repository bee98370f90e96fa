-- Times are unix milliseconds, states small numbers (pkg/store/sqlite_codes.go), names rows of the name table.
-- +goose Up
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE name (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- The journal: what was accepted. It is never updated. The body comes last, so that reading the rest does not read it.
CREATE TABLE event (
  id       INTEGER PRIMARY KEY,
  size     INTEGER NOT NULL,
  digest   BLOB NOT NULL,
  dedup    INTEGER,          -- the digest's first 8 bytes; null where the route takes everything
  file     TEXT,             -- the body's file when it is large
  search   TEXT NOT NULL,    -- what List searches, in lower case
  envelope TEXT NOT NULL,
  body     BLOB              -- the body when it is small
) STRICT;
CREATE INDEX event_dedup ON event (dedup) WHERE dedup IS NOT NULL;
CREATE INDEX event_file ON event (file) WHERE file IS NOT NULL;

-- The ledger. A delivery has the id of its event. It is a table of its own because it is updated.
CREATE TABLE delivery (
  id             INTEGER PRIMARY KEY,
  source         INTEGER NOT NULL,
  route          INTEGER NOT NULL,
  destination    INTEGER NOT NULL,
  state          INTEGER NOT NULL,
  accepted_at    INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  due            INTEGER,          -- null when nothing happens by itself
  retrying_since INTEGER NOT NULL DEFAULT 0,
  failures       INTEGER NOT NULL DEFAULT 0,
  attempts       INTEGER NOT NULL DEFAULT 0,
  accepted       INTEGER NOT NULL DEFAULT 0,
  refused_plan   INTEGER NOT NULL DEFAULT 0,
  refused_vendor INTEGER NOT NULL DEFAULT 0,
  reason         TEXT NOT NULL DEFAULT '',
  detail         TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX delivery_due ON delivery (route, due) WHERE due IS NOT NULL;
-- Only what a person looks for has an index by state; a delivery that goes well never touches it.
CREATE INDEX delivery_trouble ON delivery (state) WHERE state IN (2, 4, 5);

CREATE TABLE step (
  delivery INTEGER NOT NULL,
  name     TEXT NOT NULL,
  begun    INTEGER NOT NULL,
  seq      INTEGER NOT NULL,       -- order of steps that were begun in the same millisecond
  state    INTEGER NOT NULL,
  items    INTEGER NOT NULL DEFAULT 0,
  refused  INTEGER NOT NULL DEFAULT 0,
  digest   TEXT NOT NULL,
  kept     TEXT,
  PRIMARY KEY (delivery, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  delivery INTEGER NOT NULL,
  number   INTEGER NOT NULL,
  step     TEXT NOT NULL,
  verdict  TEXT NOT NULL,
  reason   TEXT NOT NULL,
  detail   TEXT NOT NULL,
  status   INTEGER NOT NULL,
  started  INTEGER NOT NULL,
  took     INTEGER NOT NULL,       -- microseconds
  PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

-- Refused items, the first thousand of a step as one JSON list; step '' is the plan's own.
CREATE TABLE refusal (
  delivery INTEGER NOT NULL,
  step     TEXT NOT NULL,
  items    TEXT NOT NULL,
  PRIMARY KEY (delivery, step)
) STRICT, WITHOUT ROWID;
