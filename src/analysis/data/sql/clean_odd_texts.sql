-- Texts of transactions that say something else than they spell, once for each column and spelling: text -> value as in
-- `clean_texts.sql`, text -> name, in which a run of blanks has become one, and text -> id, which has lost the '.0' that
-- a spreadsheet gave it when it turned it into a number. Nearly all texts stand for themselves and are not listed, and
-- a column in which all do costs its lines nothing.
--
-- LIKE, and a regular expression where characters are wide, ask for a tenth of what TRANSLATE costs whether there is
-- anything to translate.
WITH spellings AS (
    SELECT 'customer_id' AS field, text FROM (SELECT DISTINCT customer_id AS text FROM raw_transactions) AS t
    UNION ALL
    SELECT 'invoice_id' AS field, text FROM (SELECT DISTINCT invoice_id AS text FROM raw_transactions) AS t
    UNION ALL
    SELECT 'description' AS field, text FROM (SELECT DISTINCT description AS text FROM raw_transactions) AS t
    UNION ALL
    SELECT 'category' AS field, text FROM (SELECT DISTINCT category AS text FROM raw_transactions) AS t
    UNION ALL
    SELECT 'country' AS field, text FROM (SELECT DISTINCT country AS text FROM raw_transactions) AS t
),
trimmed AS (
    SELECT field, text,
           CASE WHEN text LIKE '%'||CHR(9)||'%' OR text LIKE '%'||CHR(10)||'%' OR text LIKE '%'||CHR(13)||'%'
                     OR (BIT_LENGTH(text) <> 8 * LENGTH(text) AND REGEXP_LIKE(text, {wide_blanks}))
                THEN TRIM(TRANSLATE(text, {blanks}, {spaces}))
                ELSE TRIM(text) END AS value
    FROM spellings
    WHERE text IS NOT NULL
),
filled AS (
    SELECT field, text, CASE WHEN LOWER(value) NOT IN {missing_tokens} THEN value END AS value FROM trimmed
),
read AS (
    SELECT field, text, value,
           CASE WHEN value LIKE '%.0%' AND REGEXP_LIKE(value, '^[0-9]+[.]0+$')
                THEN SPLIT_PART(value, '.', 1) ELSE value END AS id,
           CASE WHEN value LIKE '%  %'
                THEN REPLACE(REPLACE(REPLACE(value, ' ', CHR(1)||CHR(2)), CHR(2)||CHR(1), ''), CHR(1)||CHR(2), ' ')
                ELSE value END AS name
    FROM filled
)
SELECT field, text, value, id, name
FROM read
WHERE value IS NULL OR value <> text OR (field = 'customer_id' AND id <> text)
   OR (field = 'description' AND name <> text)
