-- +goose Up
-- A step's latest attempt is in its own row, where its outcome is written anyway; those before it are in table attempt. A step
-- that goes well the first time is so one row, written twice: begun, and recorded.
ALTER TABLE step ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0; -- its number, 0 for none
ALTER TABLE step ADD COLUMN verdict TEXT NOT NULL DEFAULT '';
ALTER TABLE step ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE step ADD COLUMN detail TEXT NOT NULL DEFAULT '';
ALTER TABLE step ADD COLUMN status INTEGER NOT NULL DEFAULT 0;
ALTER TABLE step ADD COLUMN started INTEGER NOT NULL DEFAULT 0;
ALTER TABLE step ADD COLUMN took INTEGER NOT NULL DEFAULT 0;

CREATE VIEW all_attempts AS
  SELECT delivery, number, step, verdict, reason, detail, status, started, took FROM attempt
  UNION ALL
  SELECT delivery, attempt, name, verdict, reason, detail, status, started, took FROM step WHERE attempt > 0;
