-- Transaction lines with types: one row for each row of the raw file, nothing removed yet.
-- `texts`, `times` and `numbers` say what each spelling means.
--
-- A customer id that a spreadsheet turned into a number loses its '.0'. The amount is the line's own, or else quantity
-- x unit price; where a source has no quantity at all, one piece a line is assumed.
WITH typed AS (
    SELECT r.line_id, r.source_file, r.source_line,
           CASE WHEN REGEXP_LIKE(c.value, '^[0-9]+[.]0+$') THEN SPLIT_PART(c.value, '.', 1) ELSE c.value END
               AS customer_id,
           CASE WHEN {upper_products} THEN UPPER(p.value) ELSE p.value END AS product_id,
           i.value AS invoice_id, d.name AS description, g.value AS category, l.value AS country,
           t.ts AS timestamp,
           CASE WHEN {has_quantity} THEN q.value ELSE CAST(1 AS DECIMAL(18, 4)) END AS quantity,
           u.value AS unit_price,
           a.value AS line_amount
    FROM raw_transactions AS r
    LEFT JOIN texts AS c ON c.text = r.customer_id
    LEFT JOIN texts AS p ON p.text = r.product_id
    LEFT JOIN texts AS i ON i.text = r.invoice_id
    LEFT JOIN texts AS d ON d.text = r.description
    LEFT JOIN texts AS g ON g.text = r.category
    LEFT JOIN texts AS l ON l.text = r.country
    LEFT JOIN times AS t ON t.text = r.timestamp
    LEFT JOIN numbers AS q ON q.text = r.quantity
    LEFT JOIN numbers AS u ON u.text = r.unit_price
    LEFT JOIN numbers AS a ON a.text = r.line_amount
)
SELECT line_id, source_file, source_line, customer_id, product_id, invoice_id, description, category, country,
       timestamp, quantity, unit_price,
       -- DECIMAL(19,4) x DECIMAL(18,4) is wide enough for any product on both engines
       CAST(TRY_CAST(COALESCE(CAST(line_amount AS DECIMAL(38, 4)),
                              CAST(CAST(quantity AS DECIMAL(19, 4)) * unit_price AS DECIMAL(38, 4)))
                     AS DECIMAL(18, 4)) AS DECIMAL(38, 4)) AS amount
FROM typed
