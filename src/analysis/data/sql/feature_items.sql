-- What known customers bought since {from_time} and before {as_of}: one row for each product of an order.
-- Coarser groups are built from it, table by table: a distinct count would hold all that it has seen in memory.
SELECT customer_key, basket_key, product_id, sale_lines, ordered_at, first_day, last_day, quantity, amount
FROM settled_items
WHERE customer_key IS NOT NULL AND ordered_at >= {from_time} AND ordered_at < {as_of}
UNION ALL
SELECT customer_key, basket_key, product_id, COUNT(*) AS sale_lines, MIN(timestamp) AS ordered_at,
       MIN(day) AS first_day, MAX(day) AS last_day, CAST(SUM(quantity) AS DECIMAL(38, 4)) AS quantity,
       CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
FROM mixed_seen
WHERE customer_key IS NOT NULL AND timestamp >= {from_time}
GROUP BY customer_key, basket_key, product_id
