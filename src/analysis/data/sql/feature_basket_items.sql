-- One row for each product of a basket, with the smallest of its categories by number.
SELECT s.basket_key, s.product_id, MIN(c.category_no) AS category_no,
       CAST(SUM(s.quantity) AS DECIMAL(18, 4)) AS quantity, CAST(SUM(s.amount) AS DECIMAL(18, 4)) AS amount
FROM sales_seen AS s
LEFT JOIN category_numbers AS c ON c.category = s.category
GROUP BY s.basket_key, s.product_id
