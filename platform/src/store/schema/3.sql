-- What an admin typed for an adapter's site stick, without any secret, and the number of the last one that was made.
CREATE TABLE site_sticks (adapter INTEGER PRIMARY KEY REFERENCES adapters, form TEXT NOT NULL /* JSON: a text for each field */, serial INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL) STRICT;
-- Whether the exchange of the code revokes the keys that were there before it.
ALTER TABLE enrolment_codes ADD COLUMN replaces INTEGER NOT NULL DEFAULT 0;
