-- What a reader of version 4 sees in a file of an older version, until an engine brings it to that. (For a file of version 1 or 2
-- there are views of these names already.)
CREATE TEMP VIEW IF NOT EXISTS saga AS SELECT *, 0 AS takeovers, NULL AS counted FROM main.saga;
CREATE TEMP VIEW IF NOT EXISTS outbox AS SELECT *, 0 AS lost, NULL AS skipped FROM main.outbox;
