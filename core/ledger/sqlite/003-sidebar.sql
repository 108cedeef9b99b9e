-- Schema 3. What a finished push adds to its hour (of our clock, since 1970), so that a plot never reads the pushes themselves.
CREATE TABLE outlet_hours (
  outlet INTEGER NOT NULL, hour INTEGER NOT NULL, pushes INTEGER NOT NULL DEFAULT 0, errors INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (outlet, hour)
) STRICT, WITHOUT ROWID;
-- Settings that were changed outside of a deploy: who, when, what. Never holds a secret.
CREATE TABLE changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, by TEXT NOT NULL, subject TEXT NOT NULL, what TEXT NOT NULL, old TEXT, new TEXT
) STRICT;
CREATE INDEX changes_by_subject ON changes (subject, id);
