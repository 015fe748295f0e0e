-- Returned and cancelled lines, with quantity and money as positive numbers; `matched` says that the purchase was
-- found and has left sales.
SELECT c.customer_key, d.product_id, p.product, d.timestamp, CAST(d.timestamp AS DATE) AS day,
       CAST(ABS(d.quantity) AS DECIMAL(18, 4)) AS quantity, CAST(ABS(d.amount) AS DECIMAL(18, 4)) AS amount,
       d.rule = 'cancellation' AS matched, f.source_file, MOD(d.line_id, 1000000000000) AS source_line,
       d.line_id
FROM decided AS d
JOIN display_names AS p ON p.product_id = d.product_id
JOIN files_transactions AS f ON f.file_no * 1000000000000 = d.line_id - MOD(d.line_id, 1000000000000)
LEFT JOIN customer_keys AS c ON c.customer_id = d.customer_id
WHERE d.rule IN ('cancellation', 'cancellation_unmatched', 'return')
