-- Schema 1. Instants of senders are microseconds, our own times milliseconds since 1970; decimals are text.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE senders (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  received INTEGER NOT NULL DEFAULT 0, accepted INTEGER NOT NULL DEFAULT 0, duplicate INTEGER NOT NULL DEFAULT 0,
  stale INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE stores (id INTEGER PRIMARY KEY, store_id TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE codes (source TEXT NOT NULL, code TEXT NOT NULL, sku TEXT NOT NULL, PRIMARY KEY (source, code)) STRICT, WITHOUT ROWID;

-- The truth per store and SKU. level + the movements after level_at = quantity; *_ties: all that was told for that very instant.
CREATE TABLE items (
  id INTEGER PRIMARY KEY, store INTEGER NOT NULL, sku TEXT NOT NULL, version INTEGER NOT NULL,
  quantity TEXT, quantity_at INTEGER,
  level TEXT, level_at INTEGER, level_old TEXT, level_ties TEXT, moves INTEGER NOT NULL DEFAULT 0,
  price TEXT, price_at INTEGER, price_old TEXT, price_ties TEXT,
  status INTEGER, status_at INTEGER,
  UNIQUE (store, sku)
) STRICT;
CREATE INDEX items_by_sku ON items (sku);
CREATE INDEX items_negative ON items (store, sku) WHERE quantity > '-' AND quantity < '.';
-- Movements after the level, or waiting for one.
CREATE TABLE movements (item INTEGER NOT NULL, at INTEGER NOT NULL, event INTEGER NOT NULL, change TEXT NOT NULL, PRIMARY KEY (item, at, event)) STRICT, WITHOUT ROWID;

-- outcome: 0 accepted, 1 stale. Duplicates are only counted; refused input is kept in its own table.
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, received_at INTEGER NOT NULL, sender INTEGER NOT NULL, event_id TEXT NOT NULL,
  item INTEGER NOT NULL, version INTEGER NOT NULL, outcome INTEGER NOT NULL, occurred_at INTEGER NOT NULL,
  source TEXT, event_type TEXT, reference_id TEXT, device_id TEXT,
  quantity TEXT, quantity_change TEXT, selling_price TEXT, stock_status INTEGER, old_quantity TEXT, old_price TEXT
) STRICT;
CREATE UNIQUE INDEX events_by_event_id ON events (event_id, sender);
CREATE INDEX events_by_item ON events (item);

CREATE TABLE raw_inputs (id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, bytes BLOB NOT NULL, content_type TEXT, origin TEXT) STRICT;
CREATE TABLE refused_inputs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, received_at INTEGER NOT NULL, sender TEXT NOT NULL, position INTEGER NOT NULL, store_id TEXT, sku TEXT,
  code TEXT NOT NULL, message TEXT NOT NULL, event TEXT, codes TEXT NOT NULL, raw INTEGER, replayed_at INTEGER
) STRICT;
CREATE INDEX refused_by_time ON refused_inputs (received_at);

CREATE TABLE endpoints (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE) STRICT;
-- The counts of the six states are kept with every change of a row, so that they can be read at once.
CREATE TABLE outlets (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, platform TEXT NOT NULL, store_id TEXT NOT NULL, name TEXT NOT NULL,
  enabled INTEGER NOT NULL, paused INTEGER NOT NULL DEFAULT 0, paused_by TEXT, fields TEXT NOT NULL, threshold TEXT NOT NULL,
  endpoint INTEGER, concurrency INTEGER NOT NULL, timeout INTEGER NOT NULL,
  mapping TEXT, mapping_changed INTEGER NOT NULL DEFAULT 0,
  reach TEXT NOT NULL DEFAULT 'unknown', reach_message TEXT, failures INTEGER NOT NULL DEFAULT 0, not_before INTEGER, last_success_at INTEGER,
  lost_leases INTEGER NOT NULL DEFAULT 0, isolated TEXT,
  in_sync INTEGER NOT NULL DEFAULT 0, waiting INTEGER NOT NULL DEFAULT 0, sending INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0, incomplete INTEGER NOT NULL DEFAULT 0
) STRICT;

-- state: 0 in sync, 1 waiting, 2 sending, 3 held, 4 refused, 5 incomplete, 6 waiting for the outcome of an unanswered request.
-- known: 0 never confirmed, 1 confirmed is c_*, 2 unknown. s_*: what was taken or sent last.
CREATE TABLE outlet_items (
  outlet INTEGER NOT NULL, item INTEGER NOT NULL, state INTEGER NOT NULL, urgency INTEGER NOT NULL DEFAULT 1,
  since INTEGER, since_at INTEGER, forced INTEGER NOT NULL DEFAULT 0, hold INTEGER NOT NULL DEFAULT 0, drops INTEGER NOT NULL DEFAULT 0, lease INTEGER,
  known INTEGER NOT NULL DEFAULT 0, c_price TEXT, c_status INTEGER, c_quantity TEXT, c_at INTEGER, c_endpoint INTEGER, c_chunk INTEGER,
  s_price TEXT, s_status INTEGER, s_quantity TEXT, s_version INTEGER, s_chunk INTEGER,
  reason_code TEXT, reason TEXT,
  PRIMARY KEY (outlet, item)
) STRICT, WITHOUT ROWID;
-- Finding nothing to do costs nothing, however many items are in sync.
CREATE INDEX outlet_items_waiting ON outlet_items (outlet, urgency, since) WHERE state = 1;
CREATE INDEX outlet_items_leased ON outlet_items (lease) WHERE lease IS NOT NULL;
CREATE INDEX outlet_items_problems ON outlet_items (outlet, state) WHERE state IN (3, 4, 5);

-- Numbers of leases are never given twice: an old copy of a message must not fit a new lease.
CREATE TABLE leases (
  id INTEGER PRIMARY KEY AUTOINCREMENT, outlet INTEGER NOT NULL, push INTEGER NOT NULL, take INTEGER NOT NULL, chunk INTEGER,
  until INTEGER NOT NULL, remaining INTEGER NOT NULL, claimed INTEGER NOT NULL DEFAULT 0
) STRICT;

-- taking: may still take items up to change number `bound`.
CREATE TABLE pushes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, outlet INTEGER NOT NULL, type TEXT NOT NULL, trigger TEXT NOT NULL, created_by TEXT NOT NULL,
  started_at INTEGER NOT NULL, finished_at INTEGER, bound INTEGER NOT NULL, taking INTEGER NOT NULL, failed INTEGER NOT NULL DEFAULT 0,
  item_count INTEGER NOT NULL DEFAULT 0, confirmed INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0, chunks INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL, response_code INTEGER, response_message TEXT, error_details TEXT
) STRICT;
CREATE INDEX pushes_running ON pushes (outlet, seq) WHERE finished_at IS NULL;
CREATE INDEX pushes_by_outlet ON pushes (outlet, seq);

-- One request. body is deflated; items: the ledger's numbers of its items as a JSON list.
CREATE TABLE chunks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, push INTEGER NOT NULL, outlet INTEGER NOT NULL, endpoint INTEGER NOT NULL, mapping TEXT,
  key TEXT NOT NULL, body BLOB NOT NULL, items TEXT NOT NULL, item_count INTEGER NOT NULL, timeout INTEGER NOT NULL, attempts INTEGER NOT NULL,
  status TEXT NOT NULL, started_at INTEGER NOT NULL, sent_at INTEGER NOT NULL, unanswered_at INTEGER, finished_at INTEGER,
  response_code INTEGER, response_message TEXT, error_code TEXT, reach TEXT, retry_after INTEGER, duration_ms INTEGER, refused TEXT
) STRICT;
CREATE INDEX chunks_by_push ON chunks (push);
CREATE INDEX chunks_open ON chunks (outlet, seq) WHERE status IN ('sending', 'unknown');
-- Which values were sent for an item with an effect (changed or refused); the story of a number.
CREATE TABLE sends (
  item INTEGER NOT NULL, outlet INTEGER NOT NULL, chunk INTEGER NOT NULL, version INTEGER NOT NULL,
  price TEXT, status INTEGER, quantity TEXT, outcome TEXT NOT NULL,
  PRIMARY KEY (item, outlet, chunk)
) STRICT, WITHOUT ROWID;
