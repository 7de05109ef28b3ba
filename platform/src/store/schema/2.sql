-- What the maker wrote, where that was in another unit than the catalogue's: `0.5 W`.
ALTER TABLE readings ADD COLUMN native TEXT;
ALTER TABLE latest ADD COLUMN native TEXT;
