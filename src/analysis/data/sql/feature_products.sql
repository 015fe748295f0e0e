-- What each customer bought since {from_time}, product by product.
SELECT customer_key, product_id, MIN(product) AS product, COUNT(DISTINCT basket_key) AS orders,
       CAST(SUM(quantity) AS DECIMAL(18, 4)) AS quantity, CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount,
       MIN(day) AS first_day, MAX(day) AS last_day
FROM sales_seen
WHERE customer_key IS NOT NULL AND timestamp >= {from_time}
GROUP BY customer_key, product_id
