-- Sales month by month. `months` lists every month from the first sale to the last, also those without one.
WITH ordered AS (
    SELECT CAST(DATE_TRUNC('month', CAST(day AS TIMESTAMP)) AS DATE) AS month, basket_key, CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
    FROM sales_seen
    GROUP BY CAST(DATE_TRUNC('month', CAST(day AS TIMESTAMP)) AS DATE), basket_key
),
sold AS (
    SELECT month, COUNT(basket_key) AS orders, CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount FROM ordered GROUP BY month
),
active AS (
    SELECT CAST(DATE_TRUNC('month', CAST(day AS TIMESTAMP)) AS DATE) AS month, customer_key
    FROM sales_seen
    GROUP BY CAST(DATE_TRUNC('month', CAST(day AS TIMESTAMP)) AS DATE), customer_key
),
buyers AS (
    SELECT month, COUNT(customer_key) AS customers FROM active GROUP BY month
),
firsts AS (
    SELECT customer_key, CAST(DATE_TRUNC('month', CAST(MIN(day) AS TIMESTAMP)) AS DATE) AS month
    FROM sales_seen
    WHERE customer_key IS NOT NULL
    GROUP BY customer_key
),
new_ones AS (
    SELECT month, COUNT(*) AS new_customers FROM firsts GROUP BY month
)
SELECT m.month, COALESCE(s.orders, 0) AS orders, COALESCE(b.customers, 0) AS customers, s.amount,
       COALESCE(n.new_customers, 0) AS new_customers, m.complete
FROM months_listed AS m
LEFT JOIN sold AS s ON s.month = m.month
LEFT JOIN buyers AS b ON b.month = m.month
LEFT JOIN new_ones AS n ON n.month = m.month
