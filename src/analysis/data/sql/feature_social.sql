-- Posts before {as_of} and what they moved: likes, comments and shares together.
SELECT customer_key, COUNT(*) AS posts,
       CAST(SUM(COALESCE(likes, 0) + COALESCE(comments, 0) + COALESCE(shares, 0)) AS BIGINT) AS engagement
FROM social_seen
WHERE {undated} OR timestamp < {as_of}
GROUP BY customer_key
