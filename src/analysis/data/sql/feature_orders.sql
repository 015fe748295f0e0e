-- Orders of each customer: a basket with its first moment, its money and how many different products it holds.
SELECT customer_key, basket_key, MIN(ordered_at) AS ordered_at, COUNT(product_id) AS products,
       CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
FROM items
GROUP BY customer_key, basket_key
