-- Lines with the rule that removes each, NULL where it is kept: the `rule` column that gives the ledger.
SELECT l.line_id, l.customer_id, l.product_id, l.invoice_id, l.description, l.category, l.country, l.timestamp,
       l.quantity, l.unit_price, l.amount, c.cancelled_at,
       CASE WHEN c.rule IS NOT NULL THEN c.rule
            WHEN l.rule = 'cancellation' THEN 'cancellation_unmatched'
            ELSE l.rule END AS rule
FROM lines AS l
LEFT JOIN changed AS c ON c.line_id = l.line_id
