-- What an operator asks, for `psql`. Views hold nothing.

-- Every saga, with what its row leaves to the journal: when it was changed last, and how many commits there are.
--   SELECT * FROM saga.sagas WHERE id = 'trip-42';
CREATE VIEW sagas AS
SELECT saga.name AS saga, saga.id, saga.state,
       instant(saga.created) AS created,
       instant(coalesce(last.at, saga.created)) AS updated,
       instant(saga.due) AS due,
       worker.name AS worker,
       coalesce(last.seq + 1, 0) AS commits,
       saga.takeovers, saga.fingerprint, saga.input, saga.number, saga.unfit
FROM saga
LEFT JOIN worker ON worker.epoch = saga.claimed
LEFT JOIN LATERAL (SELECT at, seq FROM journal WHERE journal.saga = saga.number ORDER BY seq DESC LIMIT 1) AS last ON TRUE;

-- Sagas that somebody must look after, the one parked for longest first.
CREATE VIEW parked AS
SELECT sagas.saga, sagas.id, sagas.updated AS since FROM sagas WHERE sagas.state = 'parked' ORDER BY sagas.updated;

-- Sagas that wait for a time, the one due first first.
CREATE VIEW waiting AS
SELECT sagas.saga, sagas.id, sagas.due, sagas.updated AS since FROM sagas WHERE sagas.state = 'waiting' ORDER BY sagas.due;

-- Who works here, how long its lease lasts, and how many sagas it has.
CREATE VIEW workers AS
SELECT worker.name, worker.epoch,
       instant(worker.expires) AS expires,
       instant(worker.dead) AS dead,
       (SELECT count(*) FROM saga WHERE saga.claimed = worker.epoch) AS sagas
FROM worker;

-- What was asked of sagas and is not answered yet, oldest first.
CREATE VIEW asked AS
SELECT inbox.number, inbox.name AS saga, inbox.id, instant(inbox.at) AS time, inbox.text
FROM inbox WHERE inbox.answer IS NULL ORDER BY inbox.number;

-- Events that are not delivered, in the order in which they are to be handed over: of each saga only the first is due.
--   SELECT saga, id, number, key, payload FROM saga.undelivered WHERE due <= now();
CREATE VIEW undelivered AS
SELECT saga.name AS saga, saga.id, outbox.number, outbox.key, outbox.payload,
       instant(outbox.at) AS written,
       instant(outbox.due) AS due,
       outbox.claimed, outbox.failures, outbox.error, outbox.position
FROM outbox JOIN saga ON saga.number = outbox.saga
WHERE outbox.delivered IS NULL ORDER BY outbox.position;

-- The records of a commit. What is no record is listed as `unreadable`, with the reason, and keeps no other from being read. NUL, which no text
-- of Postgres can hold, is shown as U+FFFD; the pattern spares a backslash that is escaped itself.
CREATE FUNCTION records_of(records TEXT)
RETURNS TABLE (place BIGINT, what TEXT, step TEXT, value JSON, error TEXT, record JSON)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    shown TEXT := records;
    element JSON;
BEGIN
    IF strpos(shown, '\u0000') > 0 THEN
        shown := regexp_replace(shown, '(?<!\\)((?:\\\\)*)\\u0000', '\1\\ufffd', 'g');
    END IF;
    place := 0;
    FOR element IN SELECT all_elements.value FROM json_array_elements(shown::json) AS all_elements (value) LOOP
        place := place + 1;
        record := element;
        BEGIN
            what := CASE json_typeof(element) WHEN 'object' THEN element ->> 'what' ELSE 'unreadable' END;
            step := CASE json_typeof(element) WHEN 'object' THEN element ->> 'step' END;
            value := CASE json_typeof(element) WHEN 'object' THEN element -> 'value' END;
            error := CASE json_typeof(element) WHEN 'object' THEN element ->> 'error' END;
        EXCEPTION WHEN OTHERS THEN
            what := 'unreadable';
            step := NULL;
            value := NULL;
            error := SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    place := 0;
    what := 'unreadable';
    step := NULL;
    value := NULL;
    error := SQLERRM;
    record := NULL;
    RETURN NEXT;
END $$;

-- Every record of every saga, in order: what happened, of which step, with which value or error.
--   SELECT time, what, step, error FROM saga.history WHERE saga = 'BookTrip' AND id = 'trip-42';
CREATE VIEW history AS
SELECT saga.name AS saga, saga.id, journal.seq,
       instant(journal.at) AS time,
       record.what, record.step, record.value, record.error, record.record
FROM saga
JOIN journal ON journal.saga = saga.number
CROSS JOIN LATERAL records_of(journal.records) AS record
ORDER BY saga.name, saga.id, journal.seq, record.place;

-- Sagas that the worker which had them last cannot read, and why.
CREATE VIEW unreadable AS
SELECT saga.name AS saga, saga.id, saga.state, saga.unfit AS why FROM saga WHERE saga.unfit IS NOT NULL AND saga.takeovers < 10;

-- Sagas with which ten workers in a row have died: none runs them until an operator resumes them.
CREATE VIEW quarantined AS
SELECT saga.name AS saga, saga.id, saga.state, saga.unfit AS why FROM saga WHERE saga.unfit IS NOT NULL AND saga.takeovers >= 10;
