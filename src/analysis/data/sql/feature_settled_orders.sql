-- Settled baskets from {first_key} to before {end_key}: their first moment, money, and how many different products.
SELECT basket_key, MIN(customer_key) AS customer_key, MIN(ordered_at) AS ordered_at, COUNT(product_id) AS products,
       CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
FROM settled_items
WHERE basket_key >= {first_key} AND basket_key < {end_key}
GROUP BY basket_key
