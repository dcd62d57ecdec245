-- When a row was changed last by a commit: of a saga that runs, at most as late as its last commit; of any other, when that
-- was written. None: nobody has begun the saga yet, and it has no commit.
ALTER TABLE saga ADD COLUMN changed INTEGER;

-- Why the engine that let the saga go last cannot read it.
ALTER TABLE saga ADD COLUMN unfit TEXT;

UPDATE saga SET changed = (SELECT at FROM journal WHERE journal.saga = saga.number ORDER BY seq DESC LIMIT 1);

-- What is at rest: it is counted, and found when it is old, by a look at the index alone, so `due` is in it.
CREATE INDEX saga_rest ON saga (state, changed, name, due) WHERE due IS NULL;

-- What cannot be read, which is little: found at once among however many. Not `NOT IN`: SQLite would make a table of the list
-- for each row that it writes.
CREATE INDEX saga_unreadable ON saga (name, id)
WHERE unfit IS NOT NULL OR NOT (state = 'running' OR state = 'waiting' OR state = 'completed' OR state = 'compensated'
                                OR state = 'parked' OR state = 'abandoned');
