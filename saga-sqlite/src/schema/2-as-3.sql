-- What a reader of version 3 sees in a file of version 2, until an engine brings it to that.
CREATE TEMP VIEW outbox AS
SELECT 0 AS position, 0 AS saga, 0 AS number, '' AS key, '' AS payload, 0 AS at, NULL AS delivered, NULL AS due, NULL AS claimed,
       NULL AS until, 0 AS turn, 0 AS failures, NULL AS error, 0 AS changed, 0 AS lost, NULL AS skipped
WHERE FALSE;
