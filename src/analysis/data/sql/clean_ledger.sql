-- Rows and money by rule. `kept` lines fall into those of known customers and those that serve baskets only.
SELECT COALESCE(d.rule, CASE WHEN l.customer_id IS NULL THEN 'kept_without_customer' ELSE 'kept_with_customer' END)
           AS rule,
       COUNT(*) AS row_count,
       CAST(SUM(l.amount) AS DECIMAL(38, 4)) AS amount,
       COUNT(*) - COUNT(l.amount) AS unreadable_rows
FROM lines AS l
JOIN decided AS d ON d.line_id = l.line_id
GROUP BY COALESCE(d.rule, CASE WHEN l.customer_id IS NULL THEN 'kept_without_customer' ELSE 'kept_with_customer' END)
ORDER BY rule
