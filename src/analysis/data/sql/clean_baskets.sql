-- Baskets: an invoice, or a customer's day where a line has no invoice, or else the line itself.
-- Basket keys are dense and follow the source: the basket that begins first is 1. So do line keys, which only lines that
-- stay in sales have.
WITH owned AS (
    SELECT l.line_id, d.cancelled_at, CASE WHEN d.rule IS NULL THEN 1 ELSE 0 END AS is_sale,
           CASE WHEN l.invoice_id IS NOT NULL THEN 'invoice ' || l.invoice_id
                WHEN l.customer_id IS NOT NULL
                THEN 'day ' || CAST(CAST(l.timestamp AS DATE) AS STRING) || ' ' || l.customer_id
                ELSE 'line ' || CAST(l.line_id AS STRING) END AS basket
    FROM lines AS l
    JOIN decided AS d ON d.line_id = l.line_id
    WHERE d.rule IS NULL OR d.rule = 'cancelled_original'
),
firsts AS (
    SELECT basket, MIN(line_id) AS first_id FROM owned GROUP BY basket
),
numbered AS (
    SELECT basket, CAST(ROW_NUMBER() OVER (ORDER BY first_id) AS BIGINT) AS basket_key FROM firsts
),
narrow AS (
    SELECT o.line_id, o.cancelled_at, o.is_sale, n.basket_key
    FROM owned AS o
    JOIN numbered AS n ON n.basket = o.basket
)
SELECT line_id, basket_key, cancelled_at,
       CASE WHEN is_sale = 1
            THEN CAST(SUM(is_sale) OVER (ORDER BY line_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT)
       END AS line_key
FROM narrow
