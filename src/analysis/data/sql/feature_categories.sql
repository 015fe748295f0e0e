-- Every category sold, and what has none: basket lines, baskets, known customers and money.
WITH orders AS (
    SELECT category, basket_key, COUNT(*) AS lines, CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
    FROM basket_lines
    GROUP BY category, basket_key
),
customers AS (
    SELECT category, COUNT(customer_key) AS customers
    FROM (SELECT category, customer_key FROM basket_lines GROUP BY category, customer_key) AS once
    GROUP BY category
),
counted AS (
    SELECT category, CAST(SUM(lines) AS BIGINT) AS lines, COUNT(basket_key) AS orders,
           CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount
    FROM orders
    GROUP BY category
)
SELECT o.category, o.lines, o.orders, c.customers, o.amount
FROM counted AS o
JOIN customers AS c ON c.category = o.category OR (c.category IS NULL AND o.category IS NULL)
