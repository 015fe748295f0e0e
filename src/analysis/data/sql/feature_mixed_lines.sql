-- The lines of mixed baskets, and those that name no basket: each day groups them anew.
SELECT s.basket_key, s.customer_key, s.product_id, c.category_no, s.timestamp, s.day, s.quantity, s.amount,
       CAST(NULL AS TIMESTAMP) AS cancelled_at
FROM clean_sales AS s
LEFT JOIN mixed_baskets AS m ON m.basket_key = s.basket_key
LEFT JOIN category_numbers AS c ON c.category = s.category
WHERE m.basket_key IS NOT NULL OR s.basket_key IS NULL
UNION ALL
SELECT s.basket_key, s.customer_key, s.product_id, c.category_no, s.timestamp, s.day, s.quantity, s.amount,
       s.cancelled_at
FROM clean_cancelled AS s
LEFT JOIN category_numbers AS c ON c.category = s.category
