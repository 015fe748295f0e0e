-- Transaction lines with types: one row for each row of the raw file, nothing removed yet, and the first rule that
-- speaks about the line alone; copies and cancellations come on top of it (see `clean_changed.sql`).
--
-- Texts are read as in `clean_texts.sql`, but where they stand: LIKE, and a regular expression where characters are
-- wide, ask for a tenth of what TRANSLATE costs whether there is anything to translate, and a table of spellings would
-- have nearly as many rows as there are orders. A timestamp that matches plain_time is ISO and cast as it is; `times`, `numbers` and `products` say what other
-- spellings mean, and those of numbers and products. A customer id that a spreadsheet turned into a number loses its
-- '.0'. The amount is the line's own, or else quantity x unit price; where a source has no quantity at all, one piece a
-- line is assumed. A mark of an invoice counts only before a digit: C489449 is a cancellation, CASH-7 is not. Each line
-- gets one rule at most, so that the sums by rule close to the whole.
WITH trimmed AS (
    SELECT line_id, product_id, timestamp, quantity, unit_price, line_amount,
           COALESCE(REGEXP_LIKE(timestamp, {plain_time}), FALSE) AS is_plain_time,
           CASE WHEN customer_id LIKE '%'||CHR(9)||'%' OR customer_id LIKE '%'||CHR(10)||'%'
                     OR customer_id LIKE '%'||CHR(13)||'%'
                     OR (BIT_LENGTH(customer_id) <> 8 * LENGTH(customer_id) AND REGEXP_LIKE(customer_id, {wide_blanks}))
                THEN TRIM(TRANSLATE(customer_id, {blanks}, {spaces}))
                ELSE TRIM(customer_id) END AS customer_id,
           CASE WHEN invoice_id LIKE '%'||CHR(9)||'%' OR invoice_id LIKE '%'||CHR(10)||'%'
                     OR invoice_id LIKE '%'||CHR(13)||'%'
                     OR (BIT_LENGTH(invoice_id) <> 8 * LENGTH(invoice_id) AND REGEXP_LIKE(invoice_id, {wide_blanks}))
                THEN TRIM(TRANSLATE(invoice_id, {blanks}, {spaces}))
                ELSE TRIM(invoice_id) END AS invoice_id,
           CASE WHEN description LIKE '%'||CHR(9)||'%' OR description LIKE '%'||CHR(10)||'%'
                     OR description LIKE '%'||CHR(13)||'%'
                     OR (BIT_LENGTH(description) <> 8 * LENGTH(description) AND REGEXP_LIKE(description, {wide_blanks}))
                THEN TRIM(TRANSLATE(description, {blanks}, {spaces}))
                ELSE TRIM(description) END AS description,
           CASE WHEN category LIKE '%'||CHR(9)||'%' OR category LIKE '%'||CHR(10)||'%'
                     OR category LIKE '%'||CHR(13)||'%'
                     OR (BIT_LENGTH(category) <> 8 * LENGTH(category) AND REGEXP_LIKE(category, {wide_blanks}))
                THEN TRIM(TRANSLATE(category, {blanks}, {spaces}))
                ELSE TRIM(category) END AS category,
           CASE WHEN country LIKE '%'||CHR(9)||'%' OR country LIKE '%'||CHR(10)||'%'
                     OR country LIKE '%'||CHR(13)||'%'
                     OR (BIT_LENGTH(country) <> 8 * LENGTH(country) AND REGEXP_LIKE(country, {wide_blanks}))
                THEN TRIM(TRANSLATE(country, {blanks}, {spaces}))
                ELSE TRIM(country) END AS country
    FROM raw_transactions
),
filled AS (
    SELECT line_id, product_id, timestamp, quantity, unit_price, line_amount, is_plain_time,
           CASE WHEN LOWER(customer_id) NOT IN {missing_tokens} THEN customer_id END AS customer_id,
           CASE WHEN LOWER(invoice_id) NOT IN {missing_tokens} THEN invoice_id END AS invoice_id,
           CASE WHEN LOWER(description) NOT IN {missing_tokens} THEN description END AS description,
           CASE WHEN LOWER(category) NOT IN {missing_tokens} THEN category END AS category,
           CASE WHEN LOWER(country) NOT IN {missing_tokens} THEN country END AS country
    FROM trimmed
),
read AS (
    SELECT f.line_id,
           CASE WHEN f.customer_id LIKE '%.0%' AND REGEXP_LIKE(f.customer_id, '^[0-9]+[.]0+$')
                THEN SPLIT_PART(f.customer_id, '.', 1)
                ELSE f.customer_id END AS customer_id,
           p.product_id, COALESCE(p.is_not_a_product, FALSE) AS is_not_a_product, f.invoice_id,
           CASE WHEN f.description LIKE '%  %'
                THEN REPLACE(REPLACE(REPLACE(f.description, ' ', CHR(1)||CHR(2)), CHR(2)||CHR(1), ''),
                             CHR(1)||CHR(2), ' ')
                ELSE f.description END AS description,
           f.category, f.country,
           CASE WHEN f.is_plain_time THEN TRY_CAST(f.timestamp AS TIMESTAMP) ELSE t.ts END AS timestamp,
           CASE WHEN {has_quantity} THEN q.value ELSE CAST(1 AS DECIMAL(18, 4)) END AS quantity,
           u.value AS unit_price, a.value AS line_amount
    FROM filled AS f
    LEFT JOIN products AS p ON p.text = f.product_id
    LEFT JOIN times AS t ON t.text = CASE WHEN NOT f.is_plain_time THEN f.timestamp END
    LEFT JOIN numbers AS q ON q.text = f.quantity
    LEFT JOIN numbers AS u ON u.text = f.unit_price
    LEFT JOIN numbers AS a ON a.text = f.line_amount
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
           COALESCE(UPPER(SUBSTRING(invoice_id, 1, LENGTH({cancellation_prefix}))) = UPPER({cancellation_prefix})
               AND REGEXP_LIKE(SUBSTRING(invoice_id, LENGTH({cancellation_prefix}) + 1), '^[0-9]'), FALSE)
               AS is_cancellation,
           COALESCE(UPPER(SUBSTRING(invoice_id, 1, LENGTH({adjustment_prefix}))) = UPPER({adjustment_prefix})
               AND REGEXP_LIKE(SUBSTRING(invoice_id, LENGTH({adjustment_prefix}) + 1), '^[0-9]'), FALSE)
               AS is_adjustment
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
