-- How many baskets name their customer and how many do not, with the money in them.
SELECT known, COUNT(*) AS orders, CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount
FROM (
    SELECT basket_key, MIN(customer_key) IS NOT NULL AS known, CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount
    FROM basket_lines
    GROUP BY basket_key
) AS b
GROUP BY known
