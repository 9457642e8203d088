-- Statements of casework/feedback/rows.py.

-- name: tickets
-- Tickets that stand or were closed in the month of $as_of, and warnings of the latest period, each with the sentence
-- that fits: of an alarm the latest one, while it stands.
WITH latest AS (
    SELECT
        unit_code,
        feed,
        max(period) AS period
    FROM accountability.obligations
    WHERE status <> 'not_due'
    GROUP BY unit_code, feed
),

standing AS (
    SELECT f.*
    FROM accountability.flags AS f
    INNER JOIN latest ON f.unit_code = latest.unit_code AND f.feed = latest.feed AND f.period = latest.period
),

told AS (
    SELECT
        t.unit_code,
        t.ticket_id,
        t.feed,
        t.period,
        t.rule,
        t.status,
        t.opened_on,
        t.due_on,
        t.owner_post,
        t.retest,
        coalesce(CASE t.kind WHEN 'alarm' THEN s.message_zh END, f.message_zh, '') AS zh,
        coalesce(CASE t.kind WHEN 'alarm' THEN s.message_en END, f.message_en, '') AS en
    FROM accountability.tickets AS t
    LEFT JOIN accountability.flags AS f
        ON t.unit_code = f.unit_code AND t.feed = f.feed AND t.period = f.period AND t.rule = f.rule
    LEFT JOIN standing AS s
        ON t.unit_code = s.unit_code AND t.feed = s.feed AND t.rule = s.rule AND s.severity <> 'event'
    WHERE t.status <> 'closed' OR t.closed_on >= date_trunc('month', $as_of::DATE)
    UNION ALL
    SELECT
        unit_code,
        '' AS ticket_id,
        feed,
        period,
        rule,
        severity AS status,
        NULL AS opened_on,
        NULL AS due_on,
        NULL AS owner_post,
        NULL AS retest,
        message_zh AS zh,
        message_en AS en
    FROM standing
    WHERE severity = 'warning'
)

SELECT * FROM told
ORDER BY unit_code, ticket_id = '', feed, period, rule, ticket_id;

-- name: findings
-- What the checks found in rows of the current content of periods since $month or $year. A column that a whole file
-- has not is none of a row's blanks; $feeds, $names and $headers name the columns that feeds are expected to have.
WITH expected AS (
    SELECT
        unnest($feeds) AS feed,
        unnest($names) AS column_name,
        unnest($headers) AS words
)

SELECT
    c.unit_code,
    c.feed,
    c.period,
    r.file_name,
    f.line,
    s.record_no,
    f.code,
    f.column_name,
    f.revision_id,
    f.row_no
FROM checks.row_findings AS f
INNER JOIN checks.current_revisions AS c ON f.revision_id = c.revision_id
INNER JOIN intake.receipts AS r ON f.revision_id = r.receipt_no
LEFT JOIN intermediate.int_records_standardised AS s ON f.revision_id = s.revision_id AND f.row_no = s.row_no
LEFT JOIN expected AS e ON c.feed = e.feed AND f.column_name = e.column_name
WHERE
    c.period >= CASE length(c.period) WHEN 4 THEN $year ELSE $month END
    AND NOT (
        f.code = 'expected_blank'
        AND coalesce(list_contains(from_json(r.reason_detail -> '$.missing', '["VARCHAR"]'), e.words), FALSE)
    );

-- name: record_findings
-- What was found by comparing records of periods since $month or $year: repetitions, another register that differs,
-- nobody else who knows. That nobody else knows a child is asked about only of $units and their $feeds, where it is out
-- of limits: one by one it is no fault. `feedback_lines` has the line of every row of the files.
WITH asked AS (
    SELECT
        unnest($units::VARCHAR[]) AS unit_code,
        unnest($feeds::VARCHAR[]) AS feed
),

found AS (
    SELECT
        surplus.record_key,
        'surplus_record' AS name,
        '' AS item
    FROM measures.surplus_records AS surplus
    ANTI JOIN intermediate.int_possible_double_registrations AS doubles
        ON surplus.record_key = doubles.later_record_key
    UNION ALL
    SELECT
        unnest([record_key_l, record_key_r]) AS record_key,
        'possible_double_registration' AS name,
        '' AS item
    FROM intermediate.int_possible_double_registrations
    UNION ALL
    SELECT
        record_key,
        'repeated_row' AS name,
        '' AS item
    FROM intermediate.int_records_standardised
    WHERE identical_row_count > 1
    UNION ALL
    SELECT
        record_key,
        'inconsistent' AS name,
        item
    FROM measures.contradicted_records
    UNION ALL
    SELECT
        c.record_key,
        'uncorroborated' AS name,
        '' AS item
    FROM measures.corroboration_records AS c
    SEMI JOIN asked ON c.unit_code = asked.unit_code AND c.feed = asked.feed
    WHERE NOT c.is_corroborated
),

chosen AS (
    SELECT
        s.unit_code,
        s.feed,
        s.period,
        s.revision_id,
        s.row_no,
        s.record_no,
        found.name,
        found.item
    FROM found
    INNER JOIN intermediate.int_records_standardised AS s ON found.record_key = s.record_key
    WHERE s.period >= CASE length(s.period) WHEN 4 THEN $year ELSE $month END
)

SELECT
    s.unit_code,
    s.feed,
    s.period,
    r.file_name,
    l.line,
    s.record_no,
    s.name,
    s.item
FROM chosen AS s
INNER JOIN feedback_lines AS l ON s.revision_id = l.revision_id AND s.row_no = l.row_no
INNER JOIN intake.receipts AS r ON s.revision_id = r.receipt_no;
