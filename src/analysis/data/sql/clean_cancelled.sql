-- Lines that left sales because they were cancelled later, with the moment of the cancellation: a look back to a
-- date before that moment must still see them.
SELECT basket_key, customer_key, product_id, product, category, timestamp, day, quantity, unit_price, amount, country,
       cancelled_at, source_file, source_line, line_id
FROM sold
WHERE is_sale = 0
