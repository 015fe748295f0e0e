-- Categories numbered in the order of their texts, so that the smallest number is the smallest text.
SELECT category, ROW_NUMBER() OVER (ORDER BY category) AS category_no
FROM (
    SELECT category FROM clean_sales
    UNION
    SELECT category FROM clean_cancelled
) AS every
WHERE category IS NOT NULL
