-- Distances from the median, for the median absolute deviation.
SELECT v.measure, v.value, ABS(v.x - q.x) AS x, v.n
FROM outlier_values AS v
JOIN outlier_quartiles AS q ON q.measure = v.measure AND q.q = 2
