-- When an admin took it out of the fleet, since it is gone for good. The next data of it brings it back.
ALTER TABLE things ADD COLUMN retired INTEGER;
