-- Whether the key's first use revokes the keys that were there before it: it was had for a code that a site stick brought.
ALTER TABLE keys ADD COLUMN replaces INTEGER NOT NULL DEFAULT 0;
-- The public half of the key that signs site sticks, so that another one is noticed; there is one row at most.
CREATE TABLE site_key (id INTEGER PRIMARY KEY CHECK (id = 1), public TEXT NOT NULL, since INTEGER NOT NULL) STRICT;
