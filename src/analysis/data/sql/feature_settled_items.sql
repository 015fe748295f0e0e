-- One row for each product of a basket that is the same whenever it is looked at: all its lines are of one day and one
-- customer, known or not, and none was cancelled. Baskets from {first_key} to before {end_key}.
SELECT s.basket_key, s.product_id, MIN(s.customer_key) AS customer_key, COUNT(*) AS sale_lines,
       MIN(s.timestamp) AS ordered_at, MIN(s.day) AS first_day, MAX(s.day) AS last_day,
       MIN(c.category_no) AS category_no, CAST(SUM(s.quantity) AS DECIMAL(38, 4)) AS quantity,
       CAST(SUM(s.amount) AS DECIMAL(38, 4)) AS amount
FROM clean_sales AS s
LEFT JOIN mixed_baskets AS m ON m.basket_key = s.basket_key
LEFT JOIN category_numbers AS c ON c.category = s.category
WHERE m.basket_key IS NULL AND s.basket_key >= {first_key} AND s.basket_key < {end_key}
GROUP BY s.basket_key, s.product_id
