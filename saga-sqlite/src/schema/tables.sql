-- What a store holds. Times are milliseconds since 1970-01-01 UTC; for people there are views, with times as text.

-- The oldest version that may use these tables, whose own is `user_version`; the epoch under which the store may be written: whoever
-- opens it to write begins another one; and the life of the sagas that begin.
CREATE TABLE store (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    works_from INTEGER NOT NULL,
    epoch      INTEGER NOT NULL,
    life       TEXT NOT NULL
) STRICT;

-- Definitions of sagas, as JSON: what it takes to read a journal without the program that wrote it.
CREATE TABLE definition (
    name        TEXT NOT NULL,
    fingerprint TEXT NOT NULL, -- 16 hexadecimal digits
    json        TEXT NOT NULL,
    PRIMARY KEY (name, fingerprint)
) STRICT, WITHOUT ROWID;

-- One row for each saga.
CREATE TABLE saga (
    number      INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,    -- of its definition
    id          TEXT NOT NULL,    -- that it was submitted under
    state       TEXT NOT NULL,    -- running, waiting, completed, compensated, parked, abandoned
    due         INTEGER,          -- when it is to be taken up; none if it is at rest or parked
    claimed     INTEGER,          -- the epoch whose engine has it
    turn        INTEGER,          -- the claim by which it was claimed last
    life        TEXT,             -- from its first claim on: what its keys are made of, beside its name and id
    created     INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    input       TEXT NOT NULL,    -- JSON
    -- When the row was changed last by a commit: of a saga that runs, at most as late as its last commit; of any other, when that
    -- was written. None: nobody has begun the saga yet, and it has no commit.
    changed     INTEGER,
    unfit       TEXT,             -- why the engine that let the saga go last cannot read it
    takeovers   INTEGER NOT NULL DEFAULT 0, -- how many processes have died with the saga since its last commit
    counted     INTEGER,          -- the number of its last commit when it was claimed last, and that was counted
    UNIQUE (name, id)
) STRICT;

-- What is to be taken up next; `claimed` is in it so that those that run are passed over without a look at their rows.
CREATE INDEX saga_due ON saga (due, claimed) WHERE due IS NOT NULL;

-- What is at rest: it is counted, and found when it is old, by a look at the index alone, so `due` is in it.
CREATE INDEX saga_rest ON saga (state, changed, name, due) WHERE due IS NULL;

-- What cannot be read, which is little: found at once among however many. Not `NOT IN`: SQLite would make a table of the list
-- for each row that it writes.
CREATE INDEX saga_unreadable ON saga (name, id)
WHERE unfit IS NOT NULL OR NOT (state = 'running' OR state = 'waiting' OR state = 'completed' OR state = 'compensated'
                                OR state = 'parked' OR state = 'abandoned');

-- What the worker of an epoch can run.
CREATE TABLE runs (
    name        TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL, -- 16 hexadecimal digits
    epoch       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which sagas proved unreadable, and under which epoch last.
CREATE TABLE marks (
    saga  INTEGER PRIMARY KEY, -- saga.number
    epoch INTEGER NOT NULL
) STRICT;

-- What happened: one row for each commit of a saga, never changed.
CREATE TABLE journal (
    saga    INTEGER NOT NULL,     -- saga.number
    seq     INTEGER NOT NULL,     -- from 0, without gaps
    at      INTEGER NOT NULL,
    records TEXT NOT NULL,        -- a JSON array of objects
    PRIMARY KEY (saga, seq)
) STRICT, WITHOUT ROWID;

-- What people ask of sagas, and what they were answered.
CREATE TABLE inbox (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT NOT NULL,
    id       TEXT NOT NULL,
    at       INTEGER NOT NULL,
    text     TEXT NOT NULL,       -- JSON
    answered INTEGER,
    answer   TEXT                 -- JSON
) STRICT;

CREATE INDEX inbox_unanswered ON inbox (number) WHERE answer IS NULL;
CREATE INDEX inbox_saga ON inbox (name, id);
CREATE INDEX inbox_open ON inbox (name, id, number) WHERE answer IS NULL;

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
    lost      INTEGER NOT NULL DEFAULT 0, -- how many times in a row a claim has had no answer
    skipped   TEXT,                 -- why an operator had it skipped: it then counts as delivered
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

-- An event that was set aside, since it was refused or processes have died with it, is not made due by the one before it, but by an
-- operator, which counts its failures from 0.
CREATE TRIGGER outbox_stays_aside BEFORE UPDATE OF due ON outbox
WHEN old.due IS NULL AND new.due IS NOT NULL AND new.failures >= 10
BEGIN
    SELECT RAISE(IGNORE);
END;

-- Who has which key of a lock, and who waits for it: the first saga in the queue of a key has that.
CREATE TABLE lock (
    place INTEGER PRIMARY KEY, -- behind those that are there
    name  TEXT NOT NULL,       -- what the keys belong to
    key   TEXT NOT NULL,
    saga  INTEGER NOT NULL,    -- saga.number
    state TEXT NOT NULL CHECK (state IN ('waiting', 'granted', 'taken')),
    since INTEGER NOT NULL     -- when it got in line, or was granted its keys
) STRICT;

CREATE INDEX lock_queue ON lock (name, key, place);
CREATE UNIQUE INDEX lock_saga ON lock (saga, name, key);
CREATE INDEX lock_granted ON lock (saga) WHERE state = 'granted';

-- The path under which an engine opened the file last: its log is beside that.
CREATE TABLE opened (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    path TEXT NOT NULL
) STRICT;
