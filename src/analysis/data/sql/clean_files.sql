-- Files of a table, numbered in the order of their names.
-- With the line in its file the number makes `line_id`, one BIGINT that sorts the rows as the source has them.
SELECT source_file, CAST(ROW_NUMBER() OVER (ORDER BY source_file) AS BIGINT) AS file_no
FROM (SELECT DISTINCT source_file FROM raw_rows) AS files
