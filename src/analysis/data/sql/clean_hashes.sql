-- The raw rows, each with a number that rows of equal texts share, and few others.
SELECT line_id, customer_id, product_id, timestamp, invoice_id, description, category, quantity, unit_price,
       line_amount, country,
       XXHASH64(customer_id, product_id, timestamp, invoice_id, description, category, quantity, unit_price,
                line_amount, country) AS hash
FROM raw_transactions
