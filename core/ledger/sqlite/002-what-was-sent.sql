-- Schema 2. What a stored body is, so that it can be repeated by a process that did not make it:
-- the name of the body's field that identifies an item, and whether it is an operator's own list.
ALTER TABLE chunks ADD COLUMN key_field TEXT;
ALTER TABLE chunks ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0;
