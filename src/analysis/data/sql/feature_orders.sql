-- Orders of each known customer before {as_of}: a basket with its first moment, its money and how many different
-- products it holds.
SELECT customer_key, basket_key, ordered_at, products, amount
FROM settled_orders
WHERE customer_key IS NOT NULL AND ordered_at < {as_of}
UNION ALL
SELECT customer_key, basket_key, MIN(ordered_at) AS ordered_at, COUNT(product_id) AS products,
       CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
FROM (
    SELECT customer_key, basket_key, product_id, MIN(timestamp) AS ordered_at,
           CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
    FROM mixed_seen
    WHERE customer_key IS NOT NULL
    GROUP BY customer_key, basket_key, product_id
) AS i
GROUP BY customer_key, basket_key
