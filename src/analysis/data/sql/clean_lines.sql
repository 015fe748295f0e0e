-- Transaction lines with types: one row for each row of the raw file, nothing removed yet, and the first rule that
-- speaks about the line alone; copies and cancellations come on top of it (see `clean_changed.sql`).
--
-- A spelling that says something else than it spells is looked up, in `odd_texts`, `times`, `numbers` and `products`;
-- all others, nearly all lines, stand for themselves: a timestamp that `times` does not list is ISO and cast as it is.
-- The amount is the line's own, or else quantity x unit price; where a source has no quantity at all, one piece a line
-- is assumed. A mark of an invoice counts only before a digit: C489449 is a cancellation, CASH-7 is not. Each line gets
-- one rule at most, so that the sums by rule close to the whole.
WITH read AS (
    SELECT r.line_id,
           CASE WHEN c.text IS NULL THEN r.customer_id ELSE c.id END AS customer_id,
           p.product_id, COALESCE(p.is_not_a_product, FALSE) AS is_not_a_product,
           CASE WHEN i.text IS NULL THEN r.invoice_id ELSE i.value END AS invoice_id,
           CASE WHEN d.text IS NULL THEN r.description ELSE d.name END AS description,
           CASE WHEN g.text IS NULL THEN r.category ELSE g.value END AS category,
           CASE WHEN o.text IS NULL THEN r.country ELSE o.value END AS country,
           CASE WHEN t.text IS NULL THEN TRY_CAST(r.timestamp AS TIMESTAMP) ELSE t.ts END AS timestamp,
           CASE WHEN {has_quantity} THEN q.value ELSE CAST(1 AS DECIMAL(18, 4)) END AS quantity,
           u.value AS unit_price, a.value AS line_amount
    FROM raw_transactions AS r
    LEFT JOIN odd_texts AS c ON c.field = 'customer_id' AND c.text = r.customer_id
    LEFT JOIN products AS p ON p.text = r.product_id
    LEFT JOIN odd_texts AS i ON i.field = 'invoice_id' AND i.text = r.invoice_id
    LEFT JOIN odd_texts AS d ON d.field = 'description' AND d.text = r.description
    LEFT JOIN odd_texts AS g ON g.field = 'category' AND g.text = r.category
    LEFT JOIN odd_texts AS o ON o.field = 'country' AND o.text = r.country
    LEFT JOIN times AS t ON t.text = r.timestamp
    LEFT JOIN numbers AS q ON q.text = r.quantity
    LEFT JOIN numbers AS u ON u.text = r.unit_price
    LEFT JOIN numbers AS a ON a.text = r.line_amount
),
typed AS (
    SELECT line_id, customer_id, product_id, is_not_a_product, invoice_id, description, category, country, timestamp,
           quantity, unit_price,
           -- narrow numbers are multiplied faster; DECIMAL(19,4) x DECIMAL(18,4) is wide enough for any on both engines
           CASE WHEN line_amount IS NOT NULL THEN line_amount
                WHEN quantity BETWEEN -99999 AND 99999 AND unit_price BETWEEN -99999 AND 99999
                THEN CAST(CAST(quantity AS DECIMAL(9, 4)) * CAST(unit_price AS DECIMAL(9, 4)) AS DECIMAL(18, 4))
                ELSE TRY_CAST(CAST(CAST(quantity AS DECIMAL(19, 4)) * unit_price AS DECIMAL(38, 4)) AS DECIMAL(18, 4))
           END AS amount,
           -- CASE, since both sides of an AND may be worked out for every line
           CASE WHEN UPPER(SUBSTRING(invoice_id, 1, LENGTH({cancellation_prefix}))) = UPPER({cancellation_prefix})
                THEN REGEXP_LIKE(SUBSTRING(invoice_id, LENGTH({cancellation_prefix}) + 1), '^[0-9]')
                ELSE FALSE END AS is_cancellation,
           CASE WHEN UPPER(SUBSTRING(invoice_id, 1, LENGTH({adjustment_prefix}))) = UPPER({adjustment_prefix})
                THEN REGEXP_LIKE(SUBSTRING(invoice_id, LENGTH({adjustment_prefix}) + 1), '^[0-9]')
                ELSE FALSE END AS is_adjustment
    FROM read
)
SELECT line_id, customer_id, product_id, invoice_id, description, category, country, timestamp, quantity, unit_price,
       amount,
       CASE WHEN product_id IS NULL THEN 'missing_product'
            WHEN timestamp IS NULL THEN 'unreadable_timestamp'
            WHEN quantity IS NULL THEN 'unreadable_quantity'
            WHEN {has_money} AND amount IS NULL THEN 'unreadable_price'
            WHEN CAST(timestamp AS DATE) < {first_day} OR CAST(timestamp AS DATE) > {last_day}
                THEN 'outside_date_range'
            WHEN is_adjustment THEN 'adjustment'
            WHEN is_not_a_product THEN 'not_a_product'
            WHEN {remove_missing_description} AND description IS NULL THEN 'missing_description'
            WHEN is_cancellation THEN 'cancellation'
            WHEN {remove_non_positive}
                 AND (unit_price <= 0 OR amount = 0
                      OR (unit_price IS NULL AND {has_quantity}
                          AND ((amount < 0 AND quantity > 0) OR (amount > 0 AND quantity < 0))))
                THEN 'non_positive_price'
            WHEN quantity = 0 THEN 'zero_quantity'
            WHEN quantity < 0 OR amount < 0 THEN 'return'
            WHEN invoice_id IS NULL AND customer_id IS NULL AND {remove_without_basket} THEN 'no_basket'
       END AS rule
FROM typed
