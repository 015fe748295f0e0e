-- What each customer bought, product by product: customers from {first_key} to before {end_key}.
SELECT customer_key, product_id, COUNT(basket_key) AS orders, CAST(SUM(sale_lines) AS BIGINT) AS sale_lines,
       CAST(SUM(quantity) AS DECIMAL(18, 4)) AS quantity, CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount,
       MIN(first_day) AS first_day, MAX(last_day) AS last_day
FROM items
WHERE customer_key >= {first_key} AND customer_key < {end_key}
GROUP BY customer_key, product_id
