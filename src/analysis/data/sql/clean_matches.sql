-- Cancellations and the lines they cancel, one to one: each cancellation takes the latest earlier line of the same
-- customer, product, quantity and price that no other cancellation has taken.
--
-- That is how brackets are paired. Within a key, a purchase opens and a cancellation closes. `height` counts the open
-- purchases after each event (a running sum, less its lowest value below zero, so that a cancellation that finds
-- nothing open leaves it at zero). A purchase that opens at a height is closed by the next cancellation that comes down from it.
-- Only keys that have a cancellation are looked at; a line without a customer is never matched.
WITH cancelled_keys AS (
    SELECT DISTINCT customer_id, product_id, ABS(quantity) AS size, COALESCE(unit_price, -1) AS price,
           COALESCE(ABS(amount), -1) AS money
    FROM lines
    WHERE rule = 'cancellation' AND customer_id IS NOT NULL
),
candidates AS (
    SELECT l.line_id, l.timestamp, CASE WHEN l.rule IS NULL THEN 1 ELSE -1 END AS step,
           k.customer_id, k.product_id, k.size, k.price, k.money
    FROM lines AS l
    JOIN cancelled_keys AS k
      ON k.customer_id = l.customer_id AND k.product_id = l.product_id AND k.size = ABS(l.quantity)
     AND k.price = COALESCE(l.unit_price, -1) AND k.money = COALESCE(ABS(l.amount), -1)
    WHERE l.rule IS NULL OR l.rule = 'cancellation'
),
events AS (
    SELECT c.line_id, c.timestamp, c.step, c.customer_id, c.product_id, c.size, c.price, c.money,
           CAST(SUM(c.step) OVER (
               PARTITION BY c.customer_id, c.product_id, c.size, c.price, c.money
               ORDER BY c.timestamp, c.step DESC, c.line_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS total
    FROM candidates AS c
    LEFT JOIN copies AS x ON x.line_id = c.line_id AND (x.rule = 'duplicate_overlap' OR {remove_repeats})
    WHERE x.line_id IS NULL
),
floors AS (
    SELECT line_id, timestamp, step, customer_id, product_id, size, price, money, total,
           COALESCE(MIN(CASE WHEN total < 0 THEN total ELSE 0 END) OVER (
               PARTITION BY customer_id, product_id, size, price, money
               ORDER BY timestamp, step DESC, line_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS lowest_before
    FROM events
),
levels AS (
    SELECT line_id, timestamp, step, customer_id, product_id, size, price, money,
           -- the level an event opens or closes; 0 for a cancellation that finds nothing open
           CASE WHEN step = 1 THEN total - lowest_before ELSE total + 1 - lowest_before END AS level
    FROM floors
),
paired AS (
    SELECT line_id, step, level,
           LEAD(step) OVER (PARTITION BY customer_id, product_id, size, price, money, level
                            ORDER BY timestamp, step DESC, line_id) AS next_step,
           LEAD(timestamp) OVER (PARTITION BY customer_id, product_id, size, price, money, level
                            ORDER BY timestamp, step DESC, line_id) AS next_time
    FROM levels
)
SELECT line_id, step, CASE WHEN step = 1 THEN next_time END AS cancelled_at
FROM paired
WHERE (step = 1 AND next_step = -1) OR (step = -1 AND level > 0)
