-- One name for each product: its most frequent description among the lines that were kept, ties by text;
-- the product's code where no line describes it.
WITH counted AS (
    SELECT l.product_id, l.description, COUNT(*) AS n
    FROM lines AS l
    JOIN decided AS d ON d.line_id = l.line_id
    WHERE d.rule IS NULL OR d.rule IN ('cancellation', 'cancellation_unmatched', 'cancelled_original', 'return')
    GROUP BY l.product_id, l.description
),
ranked AS (
    SELECT product_id, description,
           ROW_NUMBER() OVER (PARTITION BY product_id
                              ORDER BY CASE WHEN description IS NULL THEN 1 ELSE 0 END, n DESC,
                                       description NULLS LAST) AS place
    FROM counted
)
SELECT product_id, COALESCE(description, product_id) AS product
FROM ranked
WHERE place = 1
