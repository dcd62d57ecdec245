-- Who has which key of a lock, and who waits for it. A saga has its keys once it is the first one in the queue of each.
CREATE TABLE lock (
    place BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- behind those that were there
    name  TEXT COLLATE "C" NOT NULL,      -- what the keys belong to
    key   TEXT COLLATE "C" NOT NULL,
    saga  BIGINT NOT NULL,                -- saga.number
    since BIGINT NOT NULL,                -- when it got in line
    first BIGINT,                         -- since when it is the first one
    taken BOOLEAN NOT NULL DEFAULT FALSE, -- it has heard that it has the keys
    UNIQUE (saga, name, key)
);

CREATE INDEX lock_queue ON lock (name, key, place);

-- Who may have been granted keys, and has not heard of it.
CREATE INDEX lock_first ON lock (saga) WHERE first IS NOT NULL AND NOT taken;

-- Workers of several versions use the functions below. A function may learn to do more; what needs another one gives it another name.
-- Each finds its tables by itself: a connection has no search path of its own, which a pooler would hand on to another program.

-- Keeps all others from the queues that a batch changes, until it is committed: from those of the keys that it requests, and those in which
-- the sagas are that leave. Keys share 1,024 advisory locks: the server has memory for some thousand, and a saga may have a thousand keys.
-- They are taken in ascending order, so that two batches never wait for each other.
CREATE FUNCTION enter_queues(of_sagas TEXT[], of_ids TEXT[], places BIGINT[], hows TEXT[], of_names TEXT[], of_keys TEXT[])
RETURNS BOOLEAN LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    queue INTEGER;
BEGIN
    FOR queue IN
        SELECT DISTINCT (hashtextextended(all_keys.key, hashtext(all_keys.name)) & 1023)::integer FROM (
            SELECT c.name, c.key FROM unnest(hows, of_names, of_keys) AS c (how, name, key) WHERE c.how = 'request'
            UNION ALL
            SELECT l.name, l.key FROM unnest(places, hows) AS c (place, how)
            JOIN saga AS s ON s.name = of_sagas[c.place] AND s.id = of_ids[c.place]
            JOIN lock AS l ON l.saga = s.number
            WHERE c.how IN ('withdraw', 'release')) AS all_keys
        ORDER BY 1
    LOOP
        PERFORM pg_advisory_xact_lock(hashtext('locks of ' || current_schema()), queue);
    END LOOP;
    RETURN TRUE;
END $$;

-- One change of a saga in its queues, after `enter_queues`. Each statement in here sees what others had committed before that: the statement
-- that calls it does not.
CREATE FUNCTION change_queue(who BIGINT, now BIGINT, how TEXT, of_name TEXT, of_key TEXT)
RETURNS BOOLEAN LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF how = 'request' THEN
        INSERT INTO lock (name, key, saga, since, first)
        SELECT of_name, of_key, who, now,
               CASE WHEN NOT EXISTS (SELECT FROM lock AS l WHERE l.name = of_name AND l.key = of_key) THEN now END
        ON CONFLICT DO NOTHING;
    ELSIF how = 'taken' THEN
        UPDATE lock AS l SET taken = TRUE WHERE l.saga = who AND l.first IS NOT NULL AND NOT l.taken;
    ELSE
        WITH gone AS (
            DELETE FROM lock AS l
            WHERE l.saga = who AND CASE how WHEN 'release' THEN TRUE WHEN 'withdraw' THEN NOT l.taken ELSE l.name = of_name AND l.key = of_key END
            RETURNING l.name, l.key)
        UPDATE lock AS l SET first = now FROM gone
        WHERE l.first IS NULL AND l.place = (
            SELECT next.place FROM lock AS next
            WHERE next.name = gone.name AND next.key = gone.key AND next.saga <> who
            ORDER BY next.place LIMIT 1);
    END IF;
    RETURN TRUE;
END $$;

-- Takes a key from a saga that no worker can read, and keeps who asked for it as an answered message, whose number is returned. NULL: the saga is
-- not the first one in the queue of the key; 0: a worker has claimed it since, or could read it; -1: a worker that lives
-- may be able to read it (`is_untried`). As whoever commits, it enters all queues, in ascending order, before it locks the row.
CREATE FUNCTION pass_key_on(of_name TEXT, of_key TEXT, of_saga TEXT, of_id TEXT, request TEXT, now BIGINT, is_untried BOOLEAN)
RETURNS BIGINT LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    who BIGINT;
    is_unreadable BOOLEAN;
    is_taken BOOLEAN;
    message BIGINT;
    known BIGINT[];
BEGIN
    SELECT coalesce(array_agg(l.place), '{}') INTO known FROM lock AS l JOIN saga AS s ON s.number = l.saga
    WHERE s.name = of_saga AND s.id = of_id;
    PERFORM enter_queues(ARRAY[of_saga], ARRAY[of_id], ARRAY[1::bigint], ARRAY['release'], ARRAY[NULL::text], ARRAY[NULL::text]);
    SELECT s.number, s.claimed IS NULL AND s.unfit IS NOT NULL INTO who, is_unreadable
    FROM saga AS s WHERE s.name = of_saga AND s.id = of_id FOR UPDATE;
    SELECT l.taken INTO is_taken FROM lock AS l
    WHERE l.saga = who AND l.place = (SELECT min(other.place) FROM lock AS other WHERE other.name = of_name AND other.key = of_key);
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF NOT is_unreadable OR EXISTS (SELECT FROM lock AS l WHERE l.saga = who AND l.place <> ALL (known)) THEN
        -- A worker that could read it has had it, if it got in line elsewhere before its row was locked.
        RETURN 0;
    ELSIF is_untried THEN
        RETURN -1;
    ELSIF is_taken THEN
        PERFORM change_queue(who, now, 'free', of_name, of_key);
    ELSE
        PERFORM change_queue(who, now, 'withdraw', NULL, NULL);
        UPDATE saga AS s SET state = 'running', due = least(s.due, now) WHERE s.number = who;
    END IF;
    INSERT INTO inbox (name, id, at, text, answer, answered) VALUES (of_saga, of_id, now, request, '"done"', now) RETURNING number INTO message;
    RETURN message;
END $$;
