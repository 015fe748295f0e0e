-- Every product sold, to customers known or not: how often, to how many, and from when to when.
SELECT product_id, MIN(product) AS product, MIN(category) AS category, COUNT(DISTINCT basket_key) AS orders,
       COUNT(DISTINCT customer_key) AS customers, MIN(day) AS first_day, MAX(day) AS last_day,
       CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount
FROM sales_seen
GROUP BY product_id
