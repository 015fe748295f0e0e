-- Rows at which the source steps back in time: another file begins, or a row is earlier than the row before it.
-- Exports run forward in time, so that a step back is where a second extract of an overlapping period begins.
-- Two rows back are looked at, because a timestamp that cannot be read must not hide the step.
WITH neighbours AS (
    SELECT line_id, timestamp,
           COALESCE(LAG(timestamp, 1) OVER (PARTITION BY file_no ORDER BY line_id),
                    LAG(timestamp, 2) OVER (PARTITION BY file_no ORDER BY line_id)) AS before_it,
           ROW_NUMBER() OVER (PARTITION BY file_no ORDER BY line_id) AS row_in_file
    FROM (SELECT line_id, timestamp, (line_id - MOD(line_id, 1000000000000)) AS file_no FROM lines) AS numbered
)
SELECT line_id
FROM neighbours
WHERE row_in_file = 1 OR timestamp < before_it
