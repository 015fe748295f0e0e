-- Cohorts: customers by the month of their first order, and how many of them ordered again so many months later.
-- Every cohort has a row for each month up to the last, also where nobody ordered.
WITH active AS (
    SELECT DISTINCT customer_key, CAST(DATE_TRUNC('month', CAST(day AS TIMESTAMP)) AS DATE) AS month
    FROM sales_seen
    WHERE customer_key IS NOT NULL
),
firsts AS (
    SELECT customer_key, MIN(month) AS cohort FROM active GROUP BY customer_key
),
sizes AS (
    SELECT cohort, COUNT(*) AS cohort_size FROM firsts GROUP BY cohort
),
counted AS (
    SELECT f.cohort, a.month, COUNT(*) AS customers_active
    FROM active AS a
    JOIN firsts AS f ON f.customer_key = a.customer_key
    GROUP BY f.cohort, a.month
)
SELECT s.cohort, m.month_no - c.month_no AS age_months, COALESCE(n.customers_active, 0) AS customers_active, s.cohort_size,
       m.complete AND c.complete AS complete
FROM sizes AS s
JOIN months_listed AS c ON c.month = s.cohort
JOIN months_listed AS m ON m.month >= s.cohort
LEFT JOIN counted AS n ON n.cohort = s.cohort AND n.month = m.month
