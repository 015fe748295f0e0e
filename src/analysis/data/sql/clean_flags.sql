-- Values that lie beyond the fences of either rule. `fences` has one row for each measure; a fence that does not
-- apply (no spread) is NULL and flags nothing. Values that neither rule flags are left out.
SELECT v.measure, v.value, v.n,
       COALESCE(v.x < f.iqr_low OR v.x > f.iqr_high, FALSE) AS outlier_iqr,
       COALESCE(v.x < f.mad_low OR v.x > f.mad_high, FALSE) AS outlier_mad
FROM outlier_values AS v
JOIN fences AS f ON f.measure = v.measure
WHERE v.x < f.iqr_low OR v.x > f.iqr_high OR v.x < f.mad_low OR v.x > f.mad_high
