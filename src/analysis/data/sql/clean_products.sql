-- Product codes that are not products (postage, fees, samples): by code, whatever its case, or by regular expression.
SELECT p.product_id
FROM (SELECT DISTINCT product_id FROM lines WHERE product_id IS NOT NULL) AS p
CROSS JOIN non_products AS n
WHERE (n.kind = 'code' AND UPPER(p.product_id) = UPPER(n.pattern))
   OR (n.kind = 'pattern' AND REGEXP_LIKE(p.product_id, n.pattern))
GROUP BY p.product_id
