-- Orders of known customers before {as_of}, also those that were cancelled as a whole: the lines and the money that
-- stand, those cancelled before that day, and of these the part that still stood at the cut-off {cutoff}.
WITH lines AS (
    SELECT customer_key, basket_key, day, amount, FALSE AS cancelled, FALSE AS late FROM sales_seen
    UNION ALL
    SELECT customer_key, basket_key, day, amount, TRUE, timestamp < {cutoff} AND cancelled_at >= {cutoff}
    FROM clean_cancelled
    WHERE timestamp < {as_of} AND cancelled_at < {as_of}
)
SELECT customer_key, basket_key, MIN(day) AS day,
       CAST(SUM(CASE WHEN cancelled THEN 0 ELSE 1 END) AS BIGINT) AS lines,
       CAST(SUM(CASE WHEN cancelled THEN 1 ELSE 0 END) AS BIGINT) AS cancelled_lines,
       CAST(SUM(CASE WHEN late THEN 1 ELSE 0 END) AS BIGINT) AS cancelled_late_lines,
       CAST(SUM(CASE WHEN cancelled THEN CAST(0 AS DECIMAL(18, 4)) ELSE amount END) AS DECIMAL(18, 4)) AS amount,
       CAST(SUM(CASE WHEN cancelled THEN amount ELSE CAST(0 AS DECIMAL(18, 4)) END) AS DECIMAL(18, 4))
           AS cancelled_amount,
       CAST(SUM(CASE WHEN late THEN amount ELSE CAST(0 AS DECIMAL(18, 4)) END) AS DECIMAL(18, 4))
           AS cancelled_late_amount
FROM lines
WHERE customer_key IS NOT NULL
GROUP BY customer_key, basket_key
