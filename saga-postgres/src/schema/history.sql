-- Views that read what may be damaged. As all views, they hold nothing, and are made again when they change.

-- The records of a commit. What is no record is listed as `unreadable`, with the reason, and keeps no other from being read. NUL, which no text
-- of Postgres can hold, is shown as U+FFFD; the pattern spares a backslash that is escaped itself.
CREATE OR REPLACE FUNCTION records_of(records TEXT)
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
CREATE OR REPLACE VIEW history AS
SELECT saga.name AS saga, saga.id, journal.seq,
       instant(journal.at) AS time,
       record.what, record.step, record.value, record.error, record.record
FROM saga
JOIN journal ON journal.saga = saga.number
CROSS JOIN LATERAL records_of(journal.records) AS record
ORDER BY saga.name, saga.id, journal.seq, record.place;

-- Sagas that the worker which had them last cannot read, and why.
CREATE OR REPLACE VIEW unreadable AS
SELECT saga.name AS saga, saga.id, saga.state, saga.unfit AS why FROM saga WHERE saga.unfit IS NOT NULL AND saga.takeovers < 10;

-- Sagas with which ten workers in a row have died: none runs them until an operator resumes them.
CREATE OR REPLACE VIEW quarantined AS
SELECT saga.name AS saga, saga.id, saga.state, saga.unfit AS why FROM saga WHERE saga.unfit IS NOT NULL AND saga.takeovers >= 10;
