-- Timestamps, once for each distinct spelling: text -> ts (NULL where it cannot be read).
--
-- Read are: 2010-12-01, 2010/12/1, 2010.12.1, 2010年12月1日, 20101201 (year first);
-- 1/12/2010 and 1-12-2010 (in the order that the parameter date_order says); 1.12.2010 (always day first);
-- each alone or with a clock 8:26, 08:26:00, 08:26:00.5, 8:26 PM, after a blank or a T,
-- and with Z or an offset such as +01:00. The clock is taken as it is written: an offset is read over, not applied.
-- Fractions of a second are cut. Two-digit years and Excel serial numbers are not dates.
--
-- The date is put together as ISO text and cast, so that both engines refuse 30 February alike.
WITH tidy AS (
    SELECT text, UPPER(TRIM(TRANSLATE(text, {blanks}, {spaces}))) LIKE '%Z' AS is_utc,
           TRIM(TRANSLATE(UPPER(TRIM(TRANSLATE(text, {blanks}, {spaces}))),
                          '年月日TZ,：', '--    :')) AS t
    FROM time_texts
    WHERE text IS NOT NULL
),
halves AS (
    SELECT text, is_utc,
           SPLIT_PART(t, ' ', 1) AS date_part,
           TRIM(SUBSTRING(t, LENGTH(SPLIT_PART(t, ' ', 1)) + 1)) AS clock
    FROM tidy
),
shaped AS (
    SELECT text, is_utc, clock, TRANSLATE(date_part, '/.', '--') AS d,
           CASE WHEN REGEXP_LIKE(date_part, '^[12][0-9]{3}[-/.][0-9]{1,2}[-/.][0-9]{1,2}$') THEN 'ymd'
                WHEN REGEXP_LIKE(date_part, '^[12][0-9]{7}$') THEN 'compact'
                WHEN REGEXP_LIKE(date_part, '^[0-9]{1,2}[.][0-9]{1,2}[.][12][0-9]{3}$') THEN 'dmy'
                WHEN REGEXP_LIKE(date_part, '^[0-9]{1,2}[-/][0-9]{1,2}[-/][12][0-9]{3}$') THEN {date_order}
           END AS shape,
           (clock = '' OR REGEXP_LIKE(clock,
               '^([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?( ?[AP]M)?( ?[+-][0-9]{2}:?[0-9]{2})?$'))
           AS clock_is_good
    FROM halves
),
parts AS (
    SELECT text,
           CASE shape WHEN 'ymd' THEN SPLIT_PART(d, '-', 1)
                      WHEN 'compact' THEN SUBSTRING(d, 1, 4)
                      ELSE SPLIT_PART(d, '-', 3) END AS y,
           CASE shape WHEN 'compact' THEN SUBSTRING(d, 5, 2)
                      WHEN 'mdy' THEN SPLIT_PART(d, '-', 1)
                      ELSE SPLIT_PART(d, '-', 2) END AS m,
           CASE shape WHEN 'ymd' THEN SPLIT_PART(d, '-', 3)
                      WHEN 'compact' THEN SUBSTRING(d, 7, 2)
                      WHEN 'mdy' THEN SPLIT_PART(d, '-', 2)
                      ELSE SPLIT_PART(d, '-', 1) END AS day,
           CASE WHEN clock = '' THEN 0 ELSE TRY_CAST(SPLIT_PART(clock, ':', 1) AS INT) END AS hour,
           CASE WHEN clock = '' THEN '00' ELSE SUBSTRING(SPLIT_PART(clock, ':', 2), 1, 2) END AS minute,
           CASE WHEN REGEXP_LIKE(clock, '^[0-9]{1,2}:[0-9]{2}:[0-9]{2}')
                THEN SUBSTRING(SPLIT_PART(clock, ':', 3), 1, 2) ELSE '00' END AS second,
           CASE WHEN REGEXP_LIKE(clock, 'PM') THEN 'PM' WHEN REGEXP_LIKE(clock, 'AM') THEN 'AM' END AS half,
           is_utc OR REGEXP_LIKE(clock, '[+-][0-9]{2}:?[0-9]{2}$') AS has_offset
    FROM shaped
    WHERE shape IS NOT NULL AND clock_is_good
),
clocked AS (
    SELECT text, y, m, day, minute, second, has_offset,
           CASE WHEN half IS NULL THEN hour
                WHEN hour NOT BETWEEN 1 AND 12 THEN NULL
                WHEN half = 'PM' AND hour < 12 THEN hour + 12
                WHEN half = 'AM' AND hour = 12 THEN 0
                ELSE hour END AS hour
    FROM parts
)
SELECT x.text,
       TRY_CAST(y || '-' || LPAD(m, 2, '0') || '-' || LPAD(day, 2, '0') || ' '
                || LPAD(CAST(hour AS STRING), 2, '0') || ':' || minute || ':' || second AS TIMESTAMP) AS ts,
       has_offset
FROM time_texts AS x
LEFT JOIN clocked AS c ON c.text = x.text
WHERE x.text IS NOT NULL
