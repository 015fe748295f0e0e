-- Orders of each customer: a basket with its first moment, its money and how many different products it holds.
SELECT customer_key, basket_key, MIN(timestamp) AS ordered_at, COUNT(DISTINCT product_id) AS products,
       CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
FROM sales_seen
WHERE customer_key IS NOT NULL
GROUP BY customer_key, basket_key
