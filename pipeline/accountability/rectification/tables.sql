-- Statements of accountability/rectification/tables.py.

-- name: alarms
-- Alarms at the latest period of each unit and feed that has fallen due, with the items that are in alarm.
WITH latest AS (
    SELECT
        unit_code,
        feed,
        max(period) AS period
    FROM accountability.obligations
    WHERE status <> $not_due
    GROUP BY unit_code, feed
)

SELECT
    f.unit_code,
    f.feed,
    f.period,
    f.rule,
    list(r.item ORDER BY r.item) AS items,
    max(f.evidence_count) AS failed,
    max(f.denominator) AS evaluated
FROM accountability.flags AS f
INNER JOIN latest ON f.unit_code = latest.unit_code AND f.feed = latest.feed AND f.period = latest.period
INNER JOIN accountability.rule_results AS r
    ON f.unit_code = r.unit_code AND f.feed = r.feed AND f.period = r.period AND f.rule = r.rule
WHERE f.severity = $severity AND r.verdict = $verdict
GROUP BY ALL
ORDER BY ALL;

-- name: cases
-- What each period of the wanted units, feeds and rules ($units, $feeds, $rules: of one length) shows by itself.
WITH wanted AS (
    SELECT
        unnest($units) AS unit_code,
        unnest($feeds) AS feed,
        unnest($rules) AS rule
),

arrivals AS (
    SELECT
        unit_code,
        feed,
        period,
        max(arrived_at)::DATE AS arrived_on
    FROM checks.current_revisions
    GROUP BY unit_code, feed, period
)

SELECT
    r.unit_code,
    r.feed,
    r.rule,
    r.period,
    r.item,
    r.failed_of_period,
    r.evaluated_of_period,
    o.due_on,
    a.arrived_on,
    r.expected
FROM wanted
INNER JOIN accountability.rule_results AS r
    ON wanted.unit_code = r.unit_code AND wanted.feed = r.feed AND wanted.rule = r.rule
INNER JOIN accountability.obligations AS o
    ON r.unit_code = o.unit_code AND r.feed = o.feed AND r.period = o.period
LEFT JOIN arrivals AS a
    ON r.unit_code = a.unit_code AND r.feed = a.feed AND r.period = a.period
ORDER BY ALL;

-- name: count_due
-- How many tickets stand past their date by $day, and how many dates of an answer passed without one since $last.
SELECT
    (
        SELECT count(*) FROM accountability.tickets
        WHERE status = 'open' AND due_on < $day
    )
    + (
        SELECT count(*) FROM casework.verification_findings
        WHERE due_on >= $last AND due_on < $day AND coalesce(answered_on > due_on, TRUE)
    ) AS due;
