-- Texts, once for each distinct spelling: text -> value, trimmed, NULL where it only says "missing", and value -> name,
-- in which a run of blanks has become one. Tabs, line ends and the spaces of Unicode count as blanks.
WITH trimmed AS (
    SELECT text, TRIM(TRANSLATE(text, {blanks}, {spaces})) AS value
    FROM plain_texts
    WHERE text IS NOT NULL
),
filled AS (
    SELECT text, CASE WHEN LOWER(value) NOT IN {missing_tokens} THEN value END AS value FROM trimmed
)
SELECT text, value,
       REPLACE(REPLACE(REPLACE(value, ' ', CHR(1)||CHR(2)), CHR(2)||CHR(1), ''), CHR(1)||CHR(2), ' ') AS name
FROM filled
