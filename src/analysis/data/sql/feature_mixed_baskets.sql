-- Baskets of which a day may see a part only, or that are not one order: with lines of several days, of several
-- customers, or without time, and with lines that were cancelled later.
SELECT basket_key
FROM clean_sales
GROUP BY basket_key
HAVING CAST(MIN(timestamp) AS DATE) <> CAST(MAX(timestamp) AS DATE) OR COUNT(timestamp) < COUNT(*)
    OR MIN(customer_key) <> MAX(customer_key) OR (COUNT(customer_key) > 0 AND COUNT(customer_key) < COUNT(*))
UNION
SELECT basket_key FROM clean_cancelled
