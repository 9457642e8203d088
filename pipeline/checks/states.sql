-- Statements of checks/states.py.

-- name: touched_submissions
-- Submissions with a revision or a decision that no state heeds yet, and those that share bytes with such a revision.
CREATE OR REPLACE TEMP TABLE touched_submissions AS
WITH last_decisions AS (
    SELECT
        revision_id,
        max(decision_no) AS decision_no
    FROM intake.decisions
    GROUP BY revision_id
),

news AS (
    SELECT
        r.unit_code,
        r.feed,
        r.period,
        r.original_sha256
    FROM intake.revisions AS r
    LEFT JOIN checks.submission_states AS s ON r.revision_id = s.revision_id
    LEFT JOIN last_decisions AS d ON r.revision_id = d.revision_id
    WHERE s.revision_id IS NULL OR s.decision_no IS DISTINCT FROM d.decision_no
)

SELECT
    unit_code,
    feed,
    period
FROM news
UNION
SELECT
    r.unit_code,
    r.feed,
    r.period
FROM intake.revisions AS r
SEMI JOIN news ON r.original_sha256 = news.original_sha256
WHERE r.outcome = 'parsed';

-- name: revisions
-- Every revision of the touched submissions, in order, with what was set aside of it and the first code by which the
-- whole file fails.
SELECT
    r.unit_code,
    r.feed,
    r.period,
    r.revision_id,
    r.revision,
    r.outcome,
    r.original_sha256,
    r.is_supplement,
    r.row_count,
    coalesce(a.set_aside_count, 0) AS set_aside_count,
    f.code AS failed_code,
    r.reason_code,
    r.arrived_at
FROM intake.revisions AS r
SEMI JOIN touched_submissions AS t ON r.unit_code = t.unit_code AND r.feed = t.feed AND r.period = t.period
LEFT JOIN (
    SELECT
        revision_id,
        count(*) AS set_aside_count
    FROM checks.set_aside_rows
    GROUP BY revision_id
) AS a ON r.revision_id = a.revision_id
LEFT JOIN (
    SELECT
        revision_id,
        min(code) AS code
    FROM checks.results
    WHERE severity = 'file' AND NOT is_passed
    GROUP BY revision_id
) AS f ON r.revision_id = f.revision_id
ORDER BY r.unit_code, r.feed, r.period, r.revision;

-- name: flag_same_bytes
-- Point an accepted revision to the earliest one with the same bytes for another unit or period.
UPDATE checks.submission_states AS s
SET same_bytes_as = earlier.revision_id
FROM (
    SELECT
        r.revision_id AS of_revision,
        arg_min(o.revision_id, (o.arrived_at, o.revision_id)) AS revision_id
    FROM intake.revisions AS r
    SEMI JOIN touched_submissions AS t ON r.unit_code = t.unit_code AND r.feed = t.feed AND r.period = t.period
    INNER JOIN intake.revisions AS o
        ON
            r.original_sha256 = o.original_sha256
            AND (r.unit_code, r.feed, r.period) <> (o.unit_code, o.feed, o.period)
            AND (o.arrived_at, o.revision_id) < (r.arrived_at, r.revision_id)
    WHERE r.outcome = 'parsed' AND o.outcome = 'parsed'
    GROUP BY r.revision_id
) AS earlier
WHERE s.revision_id = earlier.of_revision AND s.first_state NOT IN ('rejected', 'duplicate');
