-- The products of each basket with its customer and day, and the texts, which come last: in a group they would be held
-- in memory.
SELECT i.basket_key, o.customer_key, o.day, i.product_id, n.product, c.category, i.quantity, i.amount
FROM basket_items AS i
JOIN owners AS o ON o.basket_key = i.basket_key
LEFT JOIN product_names AS n ON n.product_id = i.product_id
LEFT JOIN category_numbers AS c ON c.category_no = i.category_no
