-- Clean sales with their outlier flags; `line_id` has the order of the source.
SELECT s.basket_key, s.customer_key, s.product_id, s.product, s.category, s.timestamp, s.day, s.quantity, s.unit_price,
       s.amount, s.country,
       COALESCE(q.outlier_iqr, FALSE) OR COALESCE(p.outlier_iqr, FALSE) OR COALESCE(a.outlier_iqr, FALSE)
           AS outlier_iqr,
       COALESCE(q.outlier_mad, FALSE) OR COALESCE(p.outlier_mad, FALSE) OR COALESCE(a.outlier_mad, FALSE)
           AS outlier_mad,
       s.source_file, s.source_line, s.line_id
FROM sold AS s
LEFT JOIN outlier_flags AS q ON q.measure = 'quantity' AND q.value = s.quantity
LEFT JOIN outlier_flags AS p ON p.measure = 'unit_price' AND p.value = s.unit_price
LEFT JOIN outlier_flags AS a ON a.measure = 'amount' AND s.unit_price IS NULL AND a.value = s.amount
WHERE s.is_sale = 1
