-- What each customer bought, product by product.
SELECT customer_key, product_id, MIN(product) AS product, COUNT(DISTINCT basket_key) AS orders,
       CAST(SUM(quantity) AS DECIMAL(18, 4)) AS quantity, CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount
FROM sales_seen
WHERE customer_key IS NOT NULL
GROUP BY customer_key, product_id
