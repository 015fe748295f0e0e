-- One row for each product of a basket. A basket belongs to one customer and one day: the first that it names.
WITH owners AS (
    SELECT basket_key, MIN(customer_key) AS customer_key, MIN(day) AS day FROM sales_seen GROUP BY basket_key
),
items AS (
    SELECT basket_key, product_id, MIN(product) AS product, MIN(category) AS category,
           CAST(SUM(quantity) AS DECIMAL(18, 4)) AS quantity, CAST(SUM(amount) AS DECIMAL(18, 4)) AS amount
    FROM sales_seen
    GROUP BY basket_key, product_id
)
SELECT i.basket_key, o.customer_key, o.day, i.product_id, i.product, i.category, i.quantity, i.amount
FROM items AS i
JOIN owners AS o ON o.basket_key = i.basket_key
