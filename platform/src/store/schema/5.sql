-- The open alarm of one series, and those that closed since some time, without reading all that it ever had.
CREATE INDEX alarms_closed ON alarms (thing, limit_id, part, closed);
-- What waits for a person, of all the alarms that there ever were; each look at the fleet asks for it.
CREATE INDEX alarms_waiting ON alarms (thing) WHERE closed IS NULL OR acknowledged IS NULL;
