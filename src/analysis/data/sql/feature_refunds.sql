-- What known customers got back before {as_of} for lines whose purchase was not found, by day.
SELECT customer_key, CAST(timestamp AS DATE) AS day, COUNT(*) AS lines, CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount
FROM clean_returns
WHERE customer_key IS NOT NULL AND timestamp < {as_of} AND NOT COALESCE(matched, FALSE)
GROUP BY customer_key, CAST(timestamp AS DATE)
