-- Hashes that several rows have: among those rows are all exact copies.
SELECT hash FROM hashes GROUP BY hash HAVING COUNT(*) > 1
