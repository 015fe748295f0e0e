-- The rule of each line after cancellations have been matched: the `rule` column that gives the ledger.
SELECT r.line_id,
       CASE WHEN r.rule = 'cancellation' AND m.line_id IS NULL THEN 'cancellation_unmatched'
            WHEN r.rule IS NULL AND m.line_id IS NOT NULL THEN 'cancelled_original'
            ELSE r.rule END AS rule,
       m.cancelled_at
FROM ruled AS r
LEFT JOIN matches AS m ON m.line_id = r.line_id
