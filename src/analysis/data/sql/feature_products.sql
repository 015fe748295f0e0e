-- What each customer bought, product by product.
SELECT customer_key, product_id, COUNT(basket_key) AS orders, CAST(SUM(sale_lines) AS BIGINT) AS sale_lines,
       CAST(SUM(quantity) AS DECIMAL(18, 4)) AS quantity, CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount,
       MIN(first_day) AS first_day, MAX(last_day) AS last_day
FROM items
GROUP BY customer_key, product_id
