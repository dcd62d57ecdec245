-- How many processes have died with a saga since its last commit; and how many commits it had when that was counted last.
ALTER TABLE saga ADD COLUMN takeovers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE saga ADD COLUMN counted INTEGER;

-- Deliveries that were lost with their process, and events that an operator had skipped.
ALTER TABLE outbox ADD COLUMN lost INTEGER NOT NULL DEFAULT 0; -- how many times in a row a claim has had no answer
ALTER TABLE outbox ADD COLUMN skipped TEXT;                    -- why an operator had it skipped: it then counts as delivered
