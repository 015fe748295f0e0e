-- What each customer had bought since {from_time}, as known on the day for which sales_seen stands.
SELECT customer_key, COUNT(basket_key) AS previous_orders, CAST(SUM(amount) AS DECIMAL(38, 4)) AS previous_amount
FROM (
    SELECT customer_key, basket_key, CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
    FROM sales_seen
    WHERE customer_key IS NOT NULL AND timestamp >= {from_time}
    GROUP BY customer_key, basket_key
) AS orders
GROUP BY customer_key
