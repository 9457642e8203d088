-- Statements of accountability/obligations/arrivals.py.

-- name: sudden_changes
-- Submissions that arrived since $since (null: each unit's last), with the row counts of the periods before them: at
-- least $least of the last $periods.
WITH content AS (
    SELECT
        unit_code,
        feed,
        period,
        sum(row_count)::BIGINT AS row_count,
        max(arrived_at) AS arrived_at
    FROM checks.submission_states
    WHERE is_current
    GROUP BY ALL
)

SELECT
    unit_code,
    feed,
    period,
    row_count,
    array_agg(row_count) OVER (
        PARTITION BY unit_code, feed ORDER BY period ROWS BETWEEN $periods PRECEDING AND 1 PRECEDING
    ) AS history,
    CASE
        WHEN $since IS NULL THEN period = max(period) OVER (PARTITION BY unit_code, feed)
        ELSE arrived_at >= $since
    END AS is_new
FROM content
QUALIFY is_new AND len(history) >= $least
ORDER BY unit_code, feed, period;

-- name: other_months
-- Submissions that arrived since $since (null: ever) of which the check $code looked at $least events or more and found
-- more than the $share outside their period.
SELECT
    states.unit_code,
    states.feed,
    states.period,
    states.row_count,
    results.failed_count / results.evaluated_count AS share_outside
FROM checks.submission_states AS states
INNER JOIN checks.results AS results ON states.revision_id = results.revision_id AND results.code = $code
WHERE
    states.is_current
    AND results.evaluated_count >= $least
    AND ($since IS NULL OR states.arrived_at >= $since)
    AND results.failed_count > $share * results.evaluated_count
ORDER BY states.unit_code, states.feed, states.period, states.revision_id;
