-- Keys of baskets: dense, in the order of the source, so that the basket that begins first is 1.
SELECT kind, basket, CAST(ROW_NUMBER() OVER (ORDER BY first_id) AS BIGINT) AS basket_key
FROM (SELECT kind, basket, MIN(line_id) AS first_id FROM owned GROUP BY kind, basket) AS firsts
