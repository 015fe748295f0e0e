-- What each customer did in the window [{from_time}, {as_of}).
SELECT customer_key, COUNT(DISTINCT basket_key) AS target_orders, CAST(SUM(amount) AS DECIMAL(38, 4)) AS target_amount
FROM clean_sales
WHERE customer_key IS NOT NULL AND timestamp >= {from_time} AND timestamp < {as_of}
GROUP BY customer_key
