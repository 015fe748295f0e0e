-- Every category sold, and what has none: basket lines, baskets, known customers and money.
SELECT category, COUNT(*) AS lines, COUNT(DISTINCT basket_key) AS orders, COUNT(DISTINCT customer_key) AS customers,
       CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount
FROM basket_lines
GROUP BY category
