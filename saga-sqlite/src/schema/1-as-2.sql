-- What a reader of version 2 sees in a file of version 1, until an engine brings it to that.
CREATE TEMP VIEW saga AS
SELECT number, name, id, state, due, claimed, created, fingerprint, input,
       (SELECT at FROM main.journal WHERE journal.saga = main.saga.number ORDER BY seq DESC LIMIT 1) AS changed,
       NULL AS unfit, 0 AS takeovers, NULL AS counted
FROM main.saga;
