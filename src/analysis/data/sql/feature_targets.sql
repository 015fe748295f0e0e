-- What each customer did in the window [{from_time}, {as_of}).
SELECT customer_key, COUNT(basket_key) AS target_orders, CAST(SUM(amount) AS DECIMAL(38, 4)) AS target_amount
FROM (
    SELECT customer_key, basket_key, CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
    FROM clean_sales
    WHERE customer_key IS NOT NULL AND timestamp >= {from_time} AND timestamp < {as_of}
    GROUP BY customer_key, basket_key
) AS orders
GROUP BY customer_key
