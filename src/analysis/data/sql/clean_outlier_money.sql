-- Lines and money of sales that each rule flags, by measure.
WITH measured_lines AS (
    SELECT 'quantity' AS measure, quantity AS value, amount FROM sold WHERE line_key IS NOT NULL
    UNION ALL
    SELECT 'unit_price' AS measure, unit_price AS value, amount FROM sold WHERE line_key IS NOT NULL
    UNION ALL
    SELECT 'amount' AS measure, amount AS value, amount FROM sold WHERE line_key IS NOT NULL AND unit_price IS NULL
)
SELECT f.measure, f.outlier_iqr, f.outlier_mad, COUNT(*) AS line_count, CAST(SUM(l.amount) AS DECIMAL(38, 4)) AS amount
FROM measured_lines AS l
JOIN outlier_flags AS f ON f.measure = l.measure AND f.value = l.value
WHERE f.outlier_iqr OR f.outlier_mad
GROUP BY f.measure, f.outlier_iqr, f.outlier_mad
ORDER BY f.measure, f.outlier_iqr, f.outlier_mad
