-- What sagas tell others, once they have ended: one row for each event, written by the commit that ends its saga, and kept until
-- that is purged. Who hands events over takes those that are due, in order, and sets `delivered`; the trigger does the rest.
CREATE TABLE outbox (
    position  INTEGER PRIMARY KEY,  -- behind those that were there
    saga      INTEGER NOT NULL,     -- saga.number
    number    INTEGER NOT NULL,     -- from 0, without gaps
    key       TEXT NOT NULL,        -- names it to who receives it
    payload   TEXT NOT NULL,        -- JSON
    at        INTEGER NOT NULL,     -- when it was written
    delivered INTEGER,
    due       INTEGER,              -- when it is to be handed over; none if it is delivered, or one before it is not
    claimed   INTEGER,              -- the epoch whose engine, or whose relay, is handing it over
    until     INTEGER,              -- when that claim ends by itself
    turn      INTEGER NOT NULL DEFAULT 0, -- how many times it was claimed
    failures  INTEGER NOT NULL DEFAULT 0, -- how many times in a row it could not be delivered
    error     TEXT,                 -- why, the last time
    changed   INTEGER NOT NULL,     -- when `due` was written
    UNIQUE (saga, number)
) STRICT;

-- What is to be handed over next: at most one event of each saga.
CREATE INDEX outbox_due ON outbox (due) WHERE due IS NOT NULL;

-- What is not delivered, which is little among all that is kept.
CREATE INDEX outbox_undelivered ON outbox (saga, number) WHERE delivered IS NULL;

-- What is being handed over.
CREATE INDEX outbox_claimed ON outbox (saga) WHERE claimed IS NOT NULL;

-- When one is delivered, the one behind it is due.
CREATE TRIGGER outbox_delivered AFTER UPDATE OF delivered ON outbox WHEN new.delivered IS NOT NULL
BEGIN
    UPDATE outbox SET due = NULL, claimed = NULL, until = NULL, failures = 0, error = NULL WHERE position = new.position;
    UPDATE outbox SET due = new.delivered, changed = new.delivered
    WHERE due IS NULL
      AND position = (SELECT position FROM outbox WHERE saga = new.saga AND delivered IS NULL ORDER BY number LIMIT 1);
END;
