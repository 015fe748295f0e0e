-- Rows and money by rule. `kept` lines fall into those of known customers and those that serve baskets only.
WITH named AS (
    SELECT COALESCE(rule, CASE WHEN customer_id IS NULL THEN 'kept_without_customer' ELSE 'kept_with_customer' END)
               AS rule,
           amount
    FROM decided
)
SELECT rule, COUNT(*) AS row_count, CAST(SUM(amount) AS DECIMAL(38, 4)) AS amount,
       COUNT(*) - COUNT(amount) AS unreadable_rows
FROM named
GROUP BY rule
ORDER BY rule
