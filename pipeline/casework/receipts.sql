-- Statements of casework/receipts.py.

-- name: receipts_without_page
-- Files that were never answered, or were read again, or whose held revision ($held) no longer waits.
SELECT r.receipt_no
FROM intake.receipts AS r
LEFT JOIN casework.receipt_pages AS p ON r.receipt_no = p.receipt_no
LEFT JOIN checks.submission_states AS s ON r.receipt_no = s.revision_id
WHERE p.receipt_no IS NULL OR p.reading_no < r.reading_no OR (p.state = $held AND s.state <> p.state)
ORDER BY r.receipt_no;

-- name: receipts
-- What intake and the checks say of these files ($numbers), in order of receipt.
SELECT
    r.receipt_no,
    r.unit_code,
    u.unit_name,
    r.file_name,
    r.original_sha256,
    r.feed,
    r.period,
    strftime(r.arrived_at AT TIME ZONE $zone, '%Y-%m-%d %H:%M') AS arrived,
    r.is_supplement,
    r.outcome,
    r.reason_code,
    r.reason_detail,
    r.row_count,
    r.sheet,
    r.notes,
    r.ignored_headers,
    r.refused_headers,
    r.blanked_cells,
    s.revision,
    s.state,
    s.first_state,
    s.reason_code AS state_reason,
    s.dropped_count,
    coalesce(s.set_aside_count, 0) AS set_aside_count
FROM intake.receipts AS r
LEFT JOIN reference.units AS u ON r.unit_code = u.unit_code
LEFT JOIN checks.submission_states AS s ON r.receipt_no = s.revision_id
WHERE r.receipt_no IN (SELECT unnest($numbers::BIGINT[]))
ORDER BY r.receipt_no;

-- name: set_aside
-- The first rows set aside of each of these revisions, at most $most each.
SELECT
    revision_id,
    line,
    column_name,
    code
FROM checks.set_aside_rows
WHERE revision_id IN (SELECT unnest($numbers::BIGINT[]))
QUALIFY row_number() OVER (PARTITION BY revision_id ORDER BY row_no) <= $most
ORDER BY revision_id, row_no;

-- name: findings
-- What was found in rows that were kept: per code and column, how often and on which lines first, at most $most.
SELECT
    f.revision_id,
    f.code,
    f.column_name,
    count(*) AS count,
    list_slice(list(f.line ORDER BY f.line), 1, $most) AS lines
FROM checks.row_findings AS f
ANTI JOIN checks.set_aside_rows AS s ON f.revision_id = s.revision_id AND f.row_no = s.row_no
WHERE f.revision_id IN (SELECT unnest($numbers::BIGINT[]))
GROUP BY f.revision_id, f.code, f.column_name
ORDER BY f.revision_id ASC, count DESC, f.code ASC, f.column_name ASC;

-- name: note_pages
-- What each page that was written says now, so that it is written again when that is not so any more.
INSERT INTO casework.receipt_pages (receipt_no, reading_no, state)
SELECT
    r.receipt_no,
    r.reading_no,
    s.state
FROM intake.receipts AS r
LEFT JOIN checks.submission_states AS s ON r.receipt_no = s.revision_id
WHERE r.receipt_no IN (SELECT unnest($numbers::BIGINT[]))
ORDER BY r.receipt_no;
