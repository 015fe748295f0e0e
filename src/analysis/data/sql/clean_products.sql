-- Product codes, once for each spelling, and whether they are products at all: postage, fees and samples are not, by
-- code, whatever its case, or by regular expression.
WITH read AS (
    SELECT t.text, CASE WHEN {upper_products} THEN UPPER(t.value) ELSE t.value END AS product_id
    FROM product_texts AS p
    JOIN texts AS t ON t.text = p.text
),
excluded AS (
    SELECT p.product_id
    FROM (SELECT DISTINCT product_id FROM read WHERE product_id IS NOT NULL) AS p
    CROSS JOIN non_products AS n
    WHERE (n.kind = 'code' AND UPPER(p.product_id) = UPPER(n.pattern))
       OR (n.kind = 'pattern' AND REGEXP_LIKE(p.product_id, n.pattern))
    GROUP BY p.product_id
)
SELECT r.text, r.product_id, e.product_id IS NOT NULL AS is_not_a_product
FROM read AS r
LEFT JOIN excluded AS e ON e.product_id = r.product_id
