-- Lines of sales and of cancelled originals, and the name of the basket of each: an invoice (kind 1), or a customer's
-- day where a line has no invoice (kind 2), or else the line itself (kind 3).
SELECT line_id, customer_id, product_id, category, country, timestamp, quantity, unit_price, amount, cancelled_at,
       CASE WHEN rule IS NULL THEN 1 ELSE 0 END AS is_sale,
       CASE WHEN invoice_id IS NOT NULL THEN 1 WHEN customer_id IS NOT NULL THEN 2 ELSE 3 END AS kind,
       CASE WHEN invoice_id IS NOT NULL THEN invoice_id
            WHEN customer_id IS NOT NULL THEN CAST(CAST(timestamp AS DATE) AS STRING) || ' ' || customer_id
            ELSE CAST(line_id AS STRING) END AS basket
FROM decided
WHERE rule IS NULL OR rule = 'cancelled_original'
