-- Rows of which an exact copy (every text of the row alike, blanks included) stands somewhere else in the source.
-- `first_id`, the first of them, names the group. Ingestion writes an empty text as NULL, so '' cannot be mistaken for
-- one. Only rows that share a hash with another are compared in full; the hash depends on the engine and shows nowhere.
WITH suspects AS (
    SELECT h.line_id, COALESCE(h.product_id, '') AS k1, COALESCE(h.timestamp, '') AS k2,
           COALESCE(h.invoice_id, '') AS k3, COALESCE(h.customer_id, '') AS k4, COALESCE(h.description, '') AS k5,
           COALESCE(h.category, '') AS k6, COALESCE(h.quantity, '') AS k7, COALESCE(h.unit_price, '') AS k8,
           COALESCE(h.line_amount, '') AS k9, COALESCE(h.country, '') AS k10
    FROM hashes AS h
    JOIN alike AS a ON a.hash = h.hash
),
copied AS (
    SELECT k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, MIN(line_id) AS first_id
    FROM suspects
    GROUP BY k1, k2, k3, k4, k5, k6, k7, k8, k9, k10
    HAVING COUNT(*) > 1
)
SELECT s.line_id, c.first_id
FROM suspects AS s
JOIN copied AS c
  ON s.k1 = c.k1 AND s.k2 = c.k2 AND s.k3 = c.k3 AND s.k4 = c.k4 AND s.k5 = c.k5
 AND s.k6 = c.k6 AND s.k7 = c.k7 AND s.k8 = c.k8 AND s.k9 = c.k9 AND s.k10 = c.k10
