-- Browsing before {as_of}. Rows of one session count once; a row without a session id is a session of its own.
-- Durations are summed as DECIMAL, so that the order of rows cannot show.
SELECT customer_key,
       CAST(COUNT(DISTINCT session_id) + SUM(CASE WHEN session_id IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS sessions,
       CAST(SUM(CAST(duration_seconds AS DECIMAL(24, 4))) AS DOUBLE) / CAST(60 AS DOUBLE) AS minutes,
       CAST(SUM(pages) AS DOUBLE) AS pages
FROM browsing_seen
WHERE {undated} OR timestamp < {as_of}
GROUP BY customer_key
