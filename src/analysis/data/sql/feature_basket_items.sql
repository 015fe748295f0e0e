-- One row for each product of a basket before {as_of}, with the smallest of its categories by number.
SELECT basket_key, product_id, category_no, CAST(quantity AS DECIMAL(18, 4)) AS quantity,
       CAST(amount AS DECIMAL(18, 4)) AS amount
FROM settled_items
WHERE ordered_at < {as_of}
UNION ALL
SELECT basket_key, product_id, MIN(category_no) AS category_no, CAST(SUM(quantity) AS DECIMAL(18, 4)) AS quantity,
       CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount
FROM mixed_seen
GROUP BY basket_key, product_id
