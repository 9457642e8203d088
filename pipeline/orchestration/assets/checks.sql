-- Statements of orchestration/assets/checks.py.

-- name: still_wrong
-- What a unit sent last for a period is what still has to be put right: by feed, severity and expectation, what was
-- evaluated, what failed, and in how many units. Rows may fail what a file still passes: it is wrong as a file only
-- where it does not pass.
SELECT
    feed,
    severity,
    code,
    sum(evaluated_count)::BIGINT AS evaluated,
    sum(failed_count)::BIGINT AS failed,
    count(DISTINCT unit_code) FILTER (NOT is_passed) AS units
FROM checks.results
WHERE
    revision_id IN (
        SELECT revision_id FROM intake.revisions
        QUALIFY row_number() OVER (PARTITION BY unit_code, feed, period ORDER BY revision DESC) = 1
    )
GROUP BY feed, severity, code
HAVING CASE severity WHEN 'file' THEN count_if(NOT is_passed) > 0 ELSE sum(failed_count) > 0 END
ORDER BY feed, code;

-- name: freshness
-- Of the period of each feed that fell due last: the units that owe it, and those that sent nothing that can be read.
SELECT
    o.feed,
    o.period,
    count(*) AS owed,
    count(*) FILTER (o.status IN ('missing', 'rejected')) AS absent
FROM accountability.obligations AS o
INNER JOIN accountability.registers AS r ON o.feed = r.feed
WHERE o.period = r.due_through
GROUP BY ALL;
