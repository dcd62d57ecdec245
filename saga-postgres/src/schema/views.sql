-- What an operator asks, for `psql`. Views hold nothing: they are made anew with every version of the schema.

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
