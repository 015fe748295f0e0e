-- One name for each product.
SELECT product_id, MIN(product) AS product
FROM (
    SELECT product_id, product FROM clean_sales
    UNION ALL
    SELECT product_id, product FROM clean_cancelled
) AS every
GROUP BY product_id
