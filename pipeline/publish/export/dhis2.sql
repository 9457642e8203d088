-- Statements of publish/export/dhis2.py, over the release, which is attached as `source`.

-- name: obligations
-- What a month's obligations are, for the aggregates of dhis2_measures.yaml.
CREATE TEMP TABLE obligations AS
WITH flags AS (
    SELECT
        unit_code,
        feed,
        period,
        count(*) FILTER (severity = 'alarm') AS alarms,
        count(*) FILTER (severity = 'warning') AS warnings
    FROM source.marts.unit_flags
    GROUP BY ALL
)

SELECT
    s.unit_code,
    s.division_code,
    s.feed,
    s.period,
    s.status,
    s.status NOT IN ('missing', 'rejected') AS has_come,
    s.status IN ('on_time', 'nil_on_time') AS is_on_time,
    coalesce(flags.alarms, 0) AS alarms,
    coalesce(flags.warnings, 0) AS warnings
FROM source.marts.submissions AS s
LEFT JOIN flags ON s.unit_code = flags.unit_code AND s.feed = flags.feed AND s.period = flags.period
WHERE s.period_kind = 'month' AND s.status <> 'not_due';

-- name: monthly_values
-- By organisation unit, month since $first and feed (`feed`: a feed's column, or one word for all), the aggregates
-- `values` of dhis2_measures.yaml. Divisions are written so that a township's code begins with its county's.
SELECT
    org_units.org_unit,
    strftime(strptime(obligations.period || '-01', '%Y-%m-%d'), '%Y%m') AS month,
    {feed} AS of_feed,
    {values}
FROM org_units
INNER JOIN obligations
    ON
        org_units.code = obligations.unit_code
        OR (org_units.is_division AND starts_with(obligations.division_code, org_units.code))
WHERE obligations.period >= $first
GROUP BY ALL
ORDER BY ALL;
