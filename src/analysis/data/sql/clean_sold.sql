-- The lines of clean sales, which have a `line_key`, and of cancelled originals, which have none, with their keys.
SELECT l.line_id, b.line_key, b.basket_key, c.customer_key, l.product_id, p.product, l.category, l.timestamp,
       CAST(l.timestamp AS DATE) AS day, l.quantity, l.unit_price, CAST(l.amount AS DECIMAL(18, 4)) AS amount,
       l.country, l.source_file, l.source_line, b.cancelled_at
FROM baskets AS b
JOIN lines AS l ON l.line_id = b.line_id
JOIN display_names AS p ON p.product_id = l.product_id
LEFT JOIN customer_keys AS c ON c.customer_id = l.customer_id
