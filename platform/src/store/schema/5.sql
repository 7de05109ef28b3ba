-- The open alarm of one series, and those that closed since some time, without reading all that it ever had.
CREATE INDEX alarms_closed ON alarms (thing, limit_id, part, closed);
