-- Every product sold, to customers known or not: how often, to how many, and from when to when.
WITH sold AS (
    SELECT product_id, MIN(product) AS product, MIN(category) AS category, MIN(day) AS first_day, MAX(day) AS last_day,
           CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount
    FROM sales_seen
    GROUP BY product_id
),
orders AS (
    SELECT product_id, COUNT(*) AS orders FROM basket_items GROUP BY product_id
),
customers AS (
    SELECT product_id, COUNT(*) AS customers FROM products_seen GROUP BY product_id
)
SELECT s.product_id, s.product, s.category, o.orders, COALESCE(c.customers, 0) AS customers, s.first_day, s.last_day,
       s.amount
FROM sold AS s
JOIN orders AS o ON o.product_id = s.product_id
LEFT JOIN customers AS c ON c.product_id = s.product_id
