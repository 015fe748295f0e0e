-- The country from which most of a customer's lines come, ties by name.
WITH counted AS (
    SELECT customer_key, country, COUNT(*) AS n
    FROM sales_seen
    WHERE customer_key IS NOT NULL AND country IS NOT NULL
    GROUP BY customer_key, country
),
ranked AS (
    SELECT customer_key, country, ROW_NUMBER() OVER (PARTITION BY customer_key ORDER BY n DESC, country) AS place
    FROM counted
)
SELECT customer_key, country FROM ranked WHERE place = 1
