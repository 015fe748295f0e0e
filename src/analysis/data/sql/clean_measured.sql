-- What outliers are looked for in: quantities and prices of the lines that were kept, each value with its count and its
-- money, on a log scale because both are skewed; a line without a unit price is measured by its amount.
SELECT 'quantity' AS measure, quantity AS value, LN(CAST(quantity AS DOUBLE)) AS x, COUNT(*) AS n,
       CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
FROM owned
WHERE is_sale = 1 AND quantity > 0
GROUP BY quantity
UNION ALL
SELECT 'unit_price' AS measure, unit_price AS value, LN(CAST(unit_price AS DOUBLE)) AS x, COUNT(*) AS n,
       CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
FROM owned
WHERE is_sale = 1 AND unit_price > 0
GROUP BY unit_price
UNION ALL
SELECT 'amount' AS measure, amount AS value, LN(CAST(amount AS DOUBLE)) AS x, COUNT(*) AS n,
       CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount
FROM owned
WHERE is_sale = 1 AND unit_price IS NULL AND amount > 0
GROUP BY amount
