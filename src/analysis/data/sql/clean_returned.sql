-- Returned and cancelled lines, with quantity and money as positive numbers; `matched` says that the purchase was
-- found and has left sales.
SELECT l.line_id, c.customer_key, l.product_id, p.product, l.timestamp, CAST(l.timestamp AS DATE) AS day,
       CAST(ABS(l.quantity) AS DECIMAL(18, 4)) AS quantity, CAST(ABS(l.amount) AS DECIMAL(18, 4)) AS amount,
       d.rule = 'cancellation' AS matched, l.source_file, l.source_line
FROM lines AS l
JOIN decided AS d ON d.line_id = l.line_id
JOIN display_names AS p ON p.product_id = l.product_id
LEFT JOIN customer_keys AS c ON c.customer_id = l.customer_id
WHERE d.rule IN ('cancellation', 'cancellation_unmatched', 'return')
