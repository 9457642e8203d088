-- Statements of commands/submissions.py.

-- name: by_feed
-- By feed: what is due, how it came, what is not due yet, and how many revisions are held.
SELECT
    o.feed,
    count(*) FILTER (o.status <> 'not_due') AS due,
    count(*) FILTER (o.status IN ('on_time', 'nil_on_time')) AS on_time,
    count(*) FILTER (o.status IN ('late', 'nil_late')) AS late,
    count(*) FILTER (o.status = 'rejected') AS rejected,
    count(*) FILTER (o.status = 'missing') AS missing,
    count(*) FILTER (o.status = 'not_due') AS not_due,
    (SELECT count(*) FROM checks.submission_states AS s WHERE s.feed = o.feed AND s.state = 'held') AS held
FROM accountability.obligations AS o
GROUP BY o.feed
ORDER BY o.feed;

-- name: submissions
-- What is owed beside what was sent, a row per revision; null in $unit, $feed, $period, $state or $status means any.
SELECT
    coalesce(s.unit_code, o.unit_code) AS unit_code,
    coalesce(s.feed, o.feed) AS feed,
    coalesce(s.period, o.period) AS period,
    o.status,
    o.due_on,
    s.revision,
    s.revision_id,
    s.state,
    s.reason_code,
    s.row_count,
    s.set_aside_count,
    strftime(s.arrived_at, '%Y-%m-%d %H:%M') AS arrived
FROM checks.submission_states AS s
FULL JOIN accountability.obligations AS o
    ON s.unit_code = o.unit_code AND s.feed = o.feed AND s.period = o.period
WHERE
    coalesce(coalesce(s.unit_code, o.unit_code) = $unit, TRUE)
    AND coalesce(coalesce(s.feed, o.feed) = $feed, TRUE)
    AND coalesce(coalesce(s.period, o.period) = $period, TRUE)
    AND ($state IS NULL OR s.state IS NOT DISTINCT FROM $state)
    AND ($status IS NULL OR o.status IS NOT DISTINCT FROM $status)
ORDER BY unit_code, feed, period, s.revision;
