-- What each customer bought before {as_of}: recency, frequency and money, tenure, basket and variety.
-- Days run from the day of the order to the day {as_of}; sums are of DECIMAL and become DOUBLE only at the end.
WITH by_order AS (
    SELECT customer_key, COUNT(*) AS frequency, CAST(SUM(products) AS BIGINT) AS items,
           CAST(SUM(amount) AS DECIMAL(38, 4)) AS monetary
    FROM orders_seen
    GROUP BY customer_key
),
by_line AS (
    SELECT customer_key, COUNT(product_id) AS product_variety, CAST(SUM(sale_lines) AS BIGINT) AS sale_lines,
           MIN(first_day) AS first_day, MAX(last_day) AS last_day
    FROM products_seen
    GROUP BY customer_key
),
by_return AS (
    SELECT customer_key, COUNT(*) AS return_lines
    FROM clean_returns
    WHERE customer_key IS NOT NULL AND timestamp < {as_of}
    GROUP BY customer_key
)
SELECT l.customer_key,
       CAST(EXTRACT(DAY FROM ({as_of} - CAST(l.last_day AS TIMESTAMP))) AS BIGINT) AS recency_days,
       o.frequency,
       CAST(o.monetary AS DOUBLE) AS monetary,
       CAST(EXTRACT(DAY FROM ({as_of} - CAST(l.first_day AS TIMESTAMP))) AS BIGINT) AS tenure_days,
       CAST(o.monetary AS DOUBLE) / CAST(o.frequency AS DOUBLE) AS average_order_value,
       CAST(o.items AS DOUBLE) / CAST(o.frequency AS DOUBLE) AS items_per_order,
       l.product_variety,
       CAST(COALESCE(r.return_lines, 0) AS DOUBLE) / CAST(l.sale_lines + COALESCE(r.return_lines, 0) AS DOUBLE)
           AS returns_rate
FROM by_line AS l
JOIN by_order AS o ON o.customer_key = l.customer_key
LEFT JOIN by_return AS r ON r.customer_key = l.customer_key
