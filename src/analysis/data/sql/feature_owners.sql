-- A basket belongs to one customer and one day: the first that it names.
SELECT basket_key, MIN(customer_key) AS customer_key, MIN(day) AS day FROM sales_seen GROUP BY basket_key
