-- Deliveries that were lost with their process, and events that an operator had skipped. Workers of before write neither.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS lost INTEGER NOT NULL DEFAULT 0; -- how many times in a row a claim has had no answer
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS skipped TEXT COLLATE "C";        -- why an operator had it skipped: it then counts as delivered

-- An event that was set aside, since it was refused or processes have died with it, is not made due by the one before it, but by an
-- operator, which counts its failures from 0.
CREATE OR REPLACE FUNCTION outbox_stays_aside() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;

DROP TRIGGER IF EXISTS outbox_stays_aside ON outbox;
CREATE TRIGGER outbox_stays_aside BEFORE UPDATE OF due ON outbox
FOR EACH ROW WHEN (OLD.due IS NULL AND NEW.due IS NOT NULL AND NEW.failures >= 10) EXECUTE FUNCTION outbox_stays_aside();
