-- Feedback in [{from_time}, {as_of}) and its mean rating (missing ratings left out).
SELECT customer_key, COUNT(*) AS n,
       CASE WHEN COUNT(rating) > 0
            THEN CAST(SUM(CAST(rating AS DECIMAL(18, 4))) AS DOUBLE) / CAST(COUNT(rating) AS DOUBLE) END AS satisfaction
FROM feedback_seen
WHERE {undated} OR (timestamp >= {from_time} AND timestamp < {as_of})
GROUP BY customer_key
