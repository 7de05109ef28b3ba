-- The store's tables, version 1 (PRAGMA user_version). Times are milliseconds since 1970-01-01 UTC; hashes are
-- SHA-256 of a random secret, which itself is never stored.
CREATE TABLE adapters (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, site TEXT NOT NULL, created INTEGER NOT NULL, created_by TEXT NOT NULL, enrolled INTEGER, last_seen INTEGER) STRICT;
CREATE TABLE enrolment_codes (hash BLOB PRIMARY KEY, adapter INTEGER NOT NULL REFERENCES adapters, created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER) STRICT;
CREATE TABLE keys (id INTEGER PRIMARY KEY, adapter INTEGER NOT NULL REFERENCES adapters, hash BLOB UNIQUE NOT NULL, created INTEGER NOT NULL, last_used INTEGER, revoked INTEGER, revoked_by TEXT) STRICT;
CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, adapter INTEGER NOT NULL REFERENCES adapters, kind TEXT NOT NULL /* adapter|printer */, model TEXT, serial TEXT, firmware TEXT, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL) STRICT;
CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL /* catalogue id: laser.power */) STRICT;
CREATE TABLE readings (thing INTEGER NOT NULL, item INTEGER NOT NULL, part INTEGER NOT NULL, time INTEGER NOT NULL, origin BLOB NOT NULL, number REAL, text TEXT, quality INTEGER NOT NULL /*0 good 1 uncertain 2 bad*/, stored INTEGER NOT NULL, PRIMARY KEY (thing, item, part, time, origin)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX readings_origin ON readings (thing, origin);
CREATE TABLE latest (thing INTEGER NOT NULL, item INTEGER NOT NULL, part INTEGER NOT NULL, time INTEGER NOT NULL, since INTEGER NOT NULL /* a text's: since when it has been this one */, number REAL, text TEXT, quality INTEGER NOT NULL, stored INTEGER NOT NULL, PRIMARY KEY (thing, item, part)) STRICT, WITHOUT ROWID;
CREATE TABLE limits (id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES items, model TEXT /* NULL = every model */, thing INTEGER /* NULL = every printer of the model */, side TEXT NOT NULL /* high|low|code */, bound REAL, code TEXT /* side=code: alarm while the code is this; '!none' = anything but none */, deadband REAL NOT NULL DEFAULT 0, delay_on INTEGER NOT NULL DEFAULT 0 /* ms */, delay_off INTEGER NOT NULL DEFAULT 0, severity INTEGER NOT NULL /* 1 critical 2 high 3 medium 4 low */, message TEXT NOT NULL /* technician's words */, estimate INTEGER NOT NULL DEFAULT 1) STRICT;
CREATE TABLE alarms (id INTEGER PRIMARY KEY, thing INTEGER NOT NULL, item INTEGER NOT NULL, part INTEGER NOT NULL, limit_id INTEGER NOT NULL, severity INTEGER NOT NULL, message TEXT NOT NULL, opened INTEGER NOT NULL, opened_number REAL, opened_text TEXT, closed INTEGER, acknowledged INTEGER, acknowledged_by TEXT) STRICT;
CREATE TABLE alarm_pending (thing INTEGER, limit_id INTEGER, part INTEGER, since INTEGER NOT NULL, towards TEXT NOT NULL /* on|off */, PRIMARY KEY (thing, limit_id, part)) STRICT, WITHOUT ROWID;
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, role TEXT NOT NULL /* admin|technician */, password TEXT NOT NULL /* argon2id PHC */, created INTEGER NOT NULL) STRICT;
CREATE TABLE sessions (hash BLOB PRIMARY KEY, user INTEGER NOT NULL REFERENCES users, created INTEGER NOT NULL, last_used INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT;
CREATE TABLE setup_links (hash BLOB PRIMARY KEY, created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER) STRICT;
CREATE TABLE audit (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, subject TEXT NOT NULL) STRICT;
-- The newest alarms of all, for the list of them.
CREATE INDEX alarms_newest ON alarms (opened);
-- The alarms of one series, to judge late readings, and the ones that are open.
CREATE INDEX alarms_series ON alarms (thing, limit_id, part, opened);
CREATE INDEX alarms_open ON alarms (closed, opened);
