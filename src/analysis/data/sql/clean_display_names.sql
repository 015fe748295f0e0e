-- One name for each product: its most frequent description among the lines that were kept, ties by text;
-- the product's code where no line describes it.
WITH counted AS (
    SELECT product_id, description, COUNT(*) AS n
    FROM decided
    WHERE rule IS NULL OR rule IN ('cancellation', 'cancellation_unmatched', 'cancelled_original', 'return')
    GROUP BY product_id, description
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
