-- Rows whose hash another row has too: among them are all exact copies.
SELECT h.line_id
FROM hashes AS h
JOIN (SELECT hash FROM hashes GROUP BY hash HAVING COUNT(*) > 1) AS several ON several.hash = h.hash
