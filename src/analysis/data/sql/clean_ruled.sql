-- The first rule that speaks about a line, in the order of the CASE; NULL where none does.
-- Each line gets one rule at most, so that the sums by rule close to the whole.
-- A mark counts only before a digit: C489449 is a cancellation, CASH-7 is not.
WITH marked AS (
    SELECT l.line_id, l.customer_id, l.product_id, l.invoice_id, l.description, l.timestamp, l.quantity, l.unit_price,
           l.amount, c.rule AS copy_rule, n.product_id IS NOT NULL AS is_not_a_product,
           COALESCE(UPPER(SUBSTRING(l.invoice_id, 1, LENGTH({cancellation_prefix}))) = UPPER({cancellation_prefix})
               AND REGEXP_LIKE(SUBSTRING(l.invoice_id, LENGTH({cancellation_prefix}) + 1), '^[0-9]'), FALSE)
               AS is_cancellation,
           COALESCE(UPPER(SUBSTRING(l.invoice_id, 1, LENGTH({adjustment_prefix}))) = UPPER({adjustment_prefix})
               AND REGEXP_LIKE(SUBSTRING(l.invoice_id, LENGTH({adjustment_prefix}) + 1), '^[0-9]'), FALSE)
               AS is_adjustment
    FROM lines AS l
    LEFT JOIN copies AS c ON c.line_id = l.line_id
    LEFT JOIN not_products AS n ON n.product_id = l.product_id
)
SELECT line_id,
       CASE WHEN copy_rule = 'duplicate_overlap' THEN copy_rule
            WHEN copy_rule = 'duplicate_repeat' AND {remove_repeats} THEN copy_rule
            WHEN product_id IS NULL THEN 'missing_product'
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
FROM marked
