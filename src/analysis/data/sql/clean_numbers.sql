-- Numbers, once for each distinct spelling: text -> value DECIMAL(18,4) (NULL where it cannot be read).
--
-- Currency signs and blanks at the ends go; full-width digits become plain ones; the decimal
-- mark and the thousands separator of this source become '.' and ','. Separators are only taken
-- away where they stand before groups of three digits, so that 1,5 is not read as 15. (12.50) is minus 12.50.
-- More than four decimals are rounded, half away from zero.
WITH plain AS (
    SELECT text,
           TRIM(TRANSLATE(TRANSLATE(TRANSLATE(text, {blanks}, {spaces}),
                                    '０１２３４５６７８９．，－−' || {currency_signs}, '0123456789.,--'),
                          {marks}, '.,')) AS t
    FROM number_texts
    WHERE text IS NOT NULL
),
signed AS (
    SELECT text, CASE WHEN REGEXP_LIKE(t, '^[(][^()]+[)]$')
                      THEN '-' || TRIM(TRANSLATE(t, '()', '  ')) ELSE t END AS t
    FROM plain
),
ungrouped AS (
    SELECT text, CASE WHEN REGEXP_LIKE(t, '^[+-]?[0-9]{1,3}([, ' || CHR(39) || '][0-9]{3})+([.][0-9]*)?$')
                      THEN TRANSLATE(t, ', ' || CHR(39), '') ELSE t END AS t
    FROM signed
)
SELECT text,
       CASE WHEN REGEXP_LIKE(t, '^[+-]?([0-9]{1,14}([.][0-9]*)?|[.][0-9]+)$')
            THEN TRY_CAST(t AS DECIMAL(18, 4)) END AS value
FROM ungrouped
