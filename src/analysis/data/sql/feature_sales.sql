-- Sales as they stood at {as_of}: lines before that day, with those that were cancelled only later put back.
SELECT basket_key, customer_key, product_id, product, category, timestamp, day, quantity, amount, country
FROM clean_sales
WHERE timestamp < {as_of}
UNION ALL
SELECT basket_key, customer_key, product_id, product, category, timestamp, day, quantity, amount, country
FROM clean_cancelled
WHERE timestamp < {as_of} AND cancelled_at >= {as_of}
