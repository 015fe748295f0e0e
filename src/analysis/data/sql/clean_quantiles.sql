-- Exact quartiles of the values in `measured` (value, x), x being the scale on which they are taken:
-- values are grouped, their counts cumulated, and the two neighbours of position (n - 1) q / 4 interpolated
-- (Hyndman and Fan 1996, type 7). One row for each measure and quarter q = 1, 2, 3.
WITH cumulated AS (
    SELECT measure, x,
           SUM(n) OVER (PARTITION BY measure ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto,
           SUM(n) OVER (PARTITION BY measure) AS total
    FROM (SELECT measure, x, SUM(n) AS n FROM measured GROUP BY measure, x) AS grouped
),
places AS (
    SELECT DISTINCT measure, q, CAST(FLOOR(CAST((total - 1) * q AS DOUBLE) / CAST(4 AS DOUBLE)) AS BIGINT) AS low,
           CAST((total - 1) * q AS DOUBLE) / CAST(4 AS DOUBLE) AS place
    FROM cumulated
    CROSS JOIN (VALUES (1), (2), (3)) AS quarters(q)
),
ends AS (
    SELECT p.measure, p.q, p.place - p.low AS part,
           MIN(CASE WHEN c.upto > p.low THEN c.x END) AS lower_x,
           MIN(CASE WHEN c.upto > p.low + 1 THEN c.x END) AS upper_x
    FROM places AS p
    JOIN cumulated AS c ON c.measure = p.measure
    GROUP BY p.measure, p.q, p.place, p.low
)
SELECT measure, q, CASE WHEN part = 0 THEN lower_x ELSE lower_x + part * (upper_x - lower_x) END AS x
FROM ends
