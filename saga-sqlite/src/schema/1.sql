-- What a store holds. Times are milliseconds since 1970-01-01 UTC; for people there are views, with times as text.

-- The epoch under which the store may be written; whoever opens it to write begins another one.
CREATE TABLE store (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL
) STRICT;

INSERT INTO store (one, epoch) VALUES (1, 0);

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
    created     INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    input       TEXT NOT NULL,    -- JSON
    UNIQUE (name, id)
) STRICT;

-- What is to be taken up next; `claimed` is in it so that those that run are passed over without a look at their rows.
CREATE INDEX saga_due ON saga (due, claimed) WHERE due IS NOT NULL;

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
