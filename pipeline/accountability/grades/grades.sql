-- Statements of accountability/grades/grades.py.

-- name: trailing_verdicts
-- By obligation, the verdicts of its trailing window by measure, and whether its records are in an alarm ($severity) of
-- $rule.
SELECT
    o.unit_code,
    o.feed,
    o.period,
    o.due_on,
    o.status,
    f.rule IS NOT NULL AS is_uncorroborated,
    map_from_entries(list((m.measure, m.verdict))) AS verdicts
FROM accountability.obligations AS o
INNER JOIN accountability.measure_results AS m
    ON o.unit_code = m.unit_code AND o.feed = m.feed AND o.period = m.period
LEFT JOIN accountability.flags AS f
    ON
        o.unit_code = f.unit_code
        AND o.feed = f.feed
        AND o.period = f.period
        AND f.rule = $rule
        AND f.severity = $severity
WHERE m.time_window = 'trailing'
GROUP BY ALL
ORDER BY o.unit_code, o.feed, o.period;
