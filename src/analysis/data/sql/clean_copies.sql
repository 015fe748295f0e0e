-- Exact copies of an earlier row, told apart by where they stand.
--
-- A pass is a stretch of the source that does not step back in time. The k-th copy of a row within a pass is an
-- overlap if an earlier pass has a k-th copy too: the same record was extracted twice. What then remains beyond the
-- first copy is a repeat: the record stands several times in one pass, perhaps because the same article was
-- scanned twice. What is left after both is exactly one row; without the repeats rule the largest number of
-- copies that any one pass has.
WITH marks AS (
    SELECT line_id, CAST(NULL AS BIGINT) AS first_id, 1 AS step FROM steps_back
    UNION ALL
    SELECT line_id, first_id, 0 AS step FROM repeated
),
passes AS (
    SELECT line_id, first_id,
           SUM(step) OVER (ORDER BY line_id, step DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS pass
    FROM marks
),
in_pass AS (
    SELECT line_id, first_id, ROW_NUMBER() OVER (PARTITION BY first_id, pass ORDER BY line_id) AS copy_in_pass
    FROM passes
    WHERE first_id IS NOT NULL
),
over_passes AS (
    SELECT line_id, copy_in_pass,
           ROW_NUMBER() OVER (PARTITION BY first_id, copy_in_pass ORDER BY line_id) AS pass_with_copy
    FROM in_pass
)
SELECT line_id, CASE WHEN pass_with_copy > 1 THEN 'duplicate_overlap' ELSE 'duplicate_repeat' END AS rule
FROM over_passes
WHERE pass_with_copy > 1 OR copy_in_pass > 1
