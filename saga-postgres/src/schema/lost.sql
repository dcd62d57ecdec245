-- Deliveries that were lost with their process, and events that an operator had skipped. Workers of before write neither.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS lost INTEGER NOT NULL DEFAULT 0; -- how many times in a row a claim has had no answer
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS skipped TEXT COLLATE "C";        -- why an operator had it skipped: it then counts as delivered
