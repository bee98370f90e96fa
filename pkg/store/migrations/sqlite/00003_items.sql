-- +goose Up
-- The item ledger: lists of up to 1,000 entries a page, as JSON. The kinds are in pkg/store/item.go; step '' is the plan.
CREATE TABLE item_page (
  delivery INTEGER NOT NULL,
  kind     INTEGER NOT NULL,
  step     TEXT NOT NULL,
  n        INTEGER NOT NULL,
  entries  TEXT NOT NULL,
  PRIMARY KEY (delivery, kind, step, n)
) STRICT, WITHOUT ROWID;
INSERT INTO item_page SELECT delivery, 1, step, 0, items FROM refusal;
DROP TABLE refusal;
ALTER TABLE delivery ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;   -- notes of the plan
ALTER TABLE delivery ADD COLUMN pending INTEGER NOT NULL DEFAULT 0; -- items that no step was begun for

-- Search. A delivery's words are in documents of its own: rowid is its id shifted by 20 bits, plus a number. It is behind
-- the journal: meta 'indexed' is the last delivery whose payload's words are in it.
CREATE VIRTUAL TABLE words USING fts5 (
  text, content = '', contentless_delete = 1, detail = none,
  tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[]^_`{|}~'"
);
UPDATE event SET search = replace(search, char(10), ' '); -- words now, and every old event is indexed anew
INSERT INTO meta (key, value) VALUES ('indexed', 0);
