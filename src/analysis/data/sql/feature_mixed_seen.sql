-- Lines of mixed baskets as they stood at {as_of}: those before that day, unless they were cancelled before it.
SELECT basket_key, customer_key, product_id, category_no, timestamp, day, quantity, amount
FROM mixed_lines
WHERE timestamp < {as_of} AND (cancelled_at IS NULL OR cancelled_at >= {as_of})
