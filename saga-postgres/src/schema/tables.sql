-- What a store holds. Times are milliseconds since 1970-01-01 UTC by the clock of the database; for people there are views, with times
-- as timestamps. Names and texts are compared byte by byte, whatever the database's collation.

-- The version of these tables, the oldest one that may use them, whose they are, and the life of the sagas that begin.
CREATE TABLE store (
    one         BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    version     INTEGER NOT NULL,
    works_from  INTEGER NOT NULL,
    application TEXT COLLATE "C" NOT NULL,
    life        TEXT COLLATE "C" NOT NULL
);

-- A time, for people; one that no calendar has is the first or the last that has a date.
CREATE FUNCTION instant(millis BIGINT) RETURNS TIMESTAMPTZ LANGUAGE sql IMMUTABLE STRICT AS
$$ SELECT to_timestamp(least(greatest(millis, -62135596800000), 253402300799000) / 1000.0) $$;

-- Who works here. A worker whose lease has ended is declared dead by another one, which takes its row `FOR UPDATE`; every statement that
-- writes under an epoch takes it `FOR KEY SHARE`, and so comes either before that or not at all.
CREATE TABLE worker (
    epoch   BIGINT PRIMARY KEY,
    name    TEXT COLLATE "C" NOT NULL,
    lease   BIGINT NOT NULL,              -- in milliseconds
    expires BIGINT NOT NULL,
    dead    BIGINT,                       -- since when; its sagas are not all free yet
    closed  BOOLEAN NOT NULL DEFAULT FALSE -- it went by itself
);

-- What the workers can run.
CREATE TABLE runs (
    name        TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL, -- 16 hexadecimal digits
    epoch       BIGINT NOT NULL,
    PRIMARY KEY (epoch, name)
);

CREATE INDEX runs_what ON runs (name, fingerprint);

-- Definitions of sagas, as JSON: what it takes to read a journal without the program that wrote it.
CREATE TABLE definition (
    name        TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    json        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (name, fingerprint)
);

-- One row for each saga.
CREATE TABLE saga (
    number      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        TEXT COLLATE "C" NOT NULL,  -- of its definition
    id          TEXT COLLATE "C" NOT NULL,  -- that it was submitted under
    state       TEXT COLLATE "C" NOT NULL DEFAULT 'running'
                CHECK (state IN ('running', 'waiting', 'completed', 'compensated', 'parked', 'abandoned')),
    due         BIGINT,                     -- when it is to be taken up; none if it is at rest or parked
    claimed     BIGINT,                     -- the epoch whose worker has it
    turn        BIGINT,                     -- the claim by which it was claimed last
    since       BIGINT NOT NULL DEFAULT 0,  -- how many commits it had then
    life        TEXT COLLATE "C",           -- from its first claim on: what its keys are made of, beside its name and id
    created     BIGINT NOT NULL,
    changed     BIGINT,                     -- when a commit changed this row last; none: nobody has begun it, and it has no commit
    fingerprint TEXT COLLATE "C" NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{16}$'),
    input       TEXT COLLATE "C" NOT NULL,  -- JSON
    takeovers   INTEGER NOT NULL DEFAULT 0, -- how many workers have died with it since its last commit
    orphaned    BOOLEAN NOT NULL DEFAULT FALSE, -- the worker that had it last has died
    unfit       TEXT COLLATE "C",           -- why the worker that let it go last cannot read it
    UNIQUE (name, id)
);

-- What is to be taken up next, of each version.
CREATE INDEX saga_due ON saga (name, fingerprint, due) WHERE claimed IS NULL AND due IS NOT NULL;

-- What was changed when the clock was ahead.
CREATE INDEX saga_changed ON saga (changed) WHERE claimed IS NULL AND due IS NOT NULL;

-- What a worker has.
CREATE INDEX saga_claimed ON saga (claimed) WHERE claimed IS NOT NULL;

-- What is at rest: it is counted, and found when it is old, by a look at the index alone.
CREATE INDEX saga_rest ON saga (state, name, changed) WHERE due IS NULL;

-- What cannot be read, which is little.
CREATE INDEX saga_unreadable ON saga (name, id) WHERE unfit IS NOT NULL;

-- The fingerprints by which a saga proved unreadable.
CREATE TABLE unfit (
    saga        BIGINT NOT NULL,            -- saga.number
    fingerprint TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (saga, fingerprint)
);

-- What happened: one row for each commit of a saga, never changed.
CREATE TABLE journal (
    saga    BIGINT NOT NULL,                -- saga.number
    seq     BIGINT NOT NULL,                -- from 0, without gaps
    at      BIGINT NOT NULL,
    records TEXT COLLATE "C" NOT NULL,      -- a JSON array of objects
    PRIMARY KEY (saga, seq)
);

-- What people ask of sagas, and what they were answered.
CREATE TABLE inbox (
    number   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name     TEXT COLLATE "C" NOT NULL,
    id       TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    text     TEXT COLLATE "C" NOT NULL,     -- JSON
    answered BIGINT,
    answer   TEXT COLLATE "C"               -- JSON
);

CREATE INDEX inbox_unanswered ON inbox (number) WHERE answer IS NULL;
CREATE INDEX inbox_saga ON inbox (name, id);
CREATE INDEX inbox_open ON inbox (name, id, number) WHERE answer IS NULL;

-- What sagas tell others, once they have ended: one row for each event, written by the commit that ends its saga, and kept until that is
-- purged. Who hands events over takes those that are due, in order, and sets `delivered`; triggers do the rest.
CREATE TABLE outbox (
    position  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- behind those that were there
    saga      BIGINT NOT NULL,              -- saga.number
    number    BIGINT NOT NULL,              -- from 0, without gaps
    key       TEXT COLLATE "C" NOT NULL,    -- names it to who receives it
    payload   TEXT COLLATE "C" NOT NULL,    -- JSON
    at        BIGINT NOT NULL,              -- when it was written
    delivered BIGINT,
    due       BIGINT,                       -- when it is to be handed over; none if it is delivered, or one before it is not
    claimed   BIGINT,                       -- the epoch whose worker, or whose relay, is handing it over
    until     BIGINT,                       -- when that claim ends by itself
    turn      BIGINT NOT NULL DEFAULT 0,    -- how many times it was claimed
    failures  INTEGER NOT NULL DEFAULT 0,   -- how many times in a row it could not be delivered
    error     TEXT COLLATE "C",             -- why, the last time
    changed   BIGINT NOT NULL,              -- when `due` was written
    lost      INTEGER NOT NULL DEFAULT 0,   -- how many times in a row a claim has had no answer
    skipped   TEXT COLLATE "C",             -- why an operator had it skipped: it then counts as delivered
    UNIQUE (saga, number)
);

-- What is to be handed over next: at most one event of each saga.
CREATE INDEX outbox_due ON outbox (due) WHERE due IS NOT NULL;

-- What is not delivered, which is little among all that is kept.
CREATE INDEX outbox_undelivered ON outbox (saga, number) WHERE delivered IS NULL;

-- What is being handed over.
CREATE INDEX outbox_claimed ON outbox (position) WHERE claimed IS NOT NULL;

-- What is delivered is not to be handed over …
CREATE FUNCTION outbox_delivers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.due := NULL;
    NEW.claimed := NULL;
    NEW.until := NULL;
    NEW.failures := 0;
    NEW.error := NULL;
    RETURN NEW;
END $$;

CREATE TRIGGER outbox_delivers BEFORE UPDATE OF delivered ON outbox
FOR EACH ROW WHEN (OLD.delivered IS NULL AND NEW.delivered IS NOT NULL) EXECUTE FUNCTION outbox_delivers();

-- … and the one behind it is due.
CREATE FUNCTION outbox_delivered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('UPDATE %1$I.outbox SET due = $1, changed = $1 WHERE due IS NULL AND position = (
                        SELECT position FROM %1$I.outbox WHERE saga = $2 AND delivered IS NULL ORDER BY number LIMIT 1)', TG_TABLE_SCHEMA)
    USING NEW.delivered, NEW.saga;
    RETURN NULL;
END $$;

CREATE TRIGGER outbox_delivered AFTER UPDATE OF delivered ON outbox
FOR EACH ROW WHEN (OLD.delivered IS NULL AND NEW.delivered IS NOT NULL) EXECUTE FUNCTION outbox_delivered();

-- An event that was set aside, since it was refused or processes have died with it, is not made due by the one before it, but by an
-- operator, which counts its failures from 0.
CREATE FUNCTION outbox_stays_aside() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;

CREATE TRIGGER outbox_stays_aside BEFORE UPDATE OF due ON outbox
FOR EACH ROW WHEN (OLD.due IS NULL AND NEW.due IS NOT NULL AND NEW.failures >= 10) EXECUTE FUNCTION outbox_stays_aside();
