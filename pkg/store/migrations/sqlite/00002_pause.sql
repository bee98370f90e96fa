-- +goose Up
-- When destinations got nothing, and why. until is 0 while the pause lasts.
CREATE TABLE pause (
  id          INTEGER PRIMARY KEY,
  destination TEXT NOT NULL,
  paused_by   TEXT NOT NULL,
  reason      TEXT NOT NULL,
  detail      TEXT NOT NULL,
  since       INTEGER NOT NULL,
  until       INTEGER NOT NULL DEFAULT 0,
  probe_at    INTEGER NOT NULL,           -- 0 for never
  probes      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX pause_lasting ON pause (destination) WHERE until = 0;
