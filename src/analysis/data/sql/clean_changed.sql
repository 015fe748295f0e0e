-- Rules that follow from other lines: copies, and cancellations with the lines they cancel.
SELECT line_id, rule, CAST(NULL AS TIMESTAMP) AS cancelled_at
FROM copies
WHERE rule = 'duplicate_overlap' OR {remove_repeats}
UNION ALL
SELECT line_id, CASE WHEN step = 1 THEN 'cancelled_original' ELSE 'cancellation' END AS rule, cancelled_at
FROM matches
