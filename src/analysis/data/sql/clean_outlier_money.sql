-- Lines and money of sales that each rule flags, by measure.
SELECT f.measure, f.outlier_iqr, f.outlier_mad, CAST(SUM(v.n) AS BIGINT) AS line_count,
       CAST(SUM(v.amount) AS DECIMAL(38, 4)) AS amount
FROM outlier_values AS v
JOIN outlier_flags AS f ON f.measure = v.measure AND f.value = v.value
GROUP BY f.measure, f.outlier_iqr, f.outlier_mad
ORDER BY f.measure, f.outlier_iqr, f.outlier_mad
