-- Statements of accountability/grades/division_results.py.

-- name: unit_measures
-- Measures of trailing windows of every unit, once for its $township and once for its $department.
WITH divisions AS (
    SELECT
        $township AS division_kind,
        u.unit_code,
        CASE d.level WHEN 'township' THEN d.division_code WHEN 'village' THEN d.parent_code END AS division_code
    FROM reference.units AS u
    INNER JOIN reference.divisions AS d ON u.division_code = d.division_code
    UNION ALL
    SELECT
        $department AS division_kind,
        unit_code,
        coalesce(department, agency) AS division_code
    FROM reference.units
)

SELECT
    divisions.division_kind,
    divisions.division_code,
    divisions.unit_code,
    m.feed,
    m.period,
    m.measure,
    m.numerator,
    m.denominator,
    m.expected,
    m.verdict
FROM accountability.measure_results AS m
INNER JOIN divisions ON m.unit_code = divisions.unit_code
WHERE m.time_window = 'trailing' AND divisions.division_code IS NOT NULL
ORDER BY ALL;
