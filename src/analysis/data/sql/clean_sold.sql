-- The lines of clean sales and of cancelled originals with their keys.
SELECT o.line_id, o.is_sale, b.basket_key, c.customer_key, o.product_id, p.product, o.category, o.timestamp,
       CAST(o.timestamp AS DATE) AS day, o.quantity, o.unit_price, o.amount, o.country, f.source_file,
       MOD(o.line_id, 1000000000000) AS source_line, o.cancelled_at
FROM owned AS o
JOIN baskets AS b ON b.kind = o.kind AND b.basket = o.basket
JOIN display_names AS p ON p.product_id = o.product_id
JOIN files_transactions AS f ON f.file_no * 1000000000000 = o.line_id - MOD(o.line_id, 1000000000000)
LEFT JOIN customer_keys AS c ON c.customer_id = o.customer_id
