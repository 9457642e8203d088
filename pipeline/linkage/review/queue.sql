-- Statements of linkage/review/queue.py.

-- name: review_candidates
-- Pairs that linkage weighed and that are not in `pairs_answered`; `affected` counts the pairs of records that an
-- answer against the program would change.
CREATE OR REPLACE TEMP TABLE review_candidates AS
WITH sizes AS (
    SELECT
        child_id,
        count(*) AS size
    FROM linkage.child_records GROUP BY child_id
)

SELECT
    p.record_key_l,
    p.record_key_r,
    p.match_weight,
    p.match_probability,
    a.child_id AS child_l,
    b.child_id AS child_r,
    a.child_id = b.child_id AS is_linked,
    abs(m.margin_bits) AS margin_l,
    abs(n.margin_bits) AS margin_r,
    s.size AS size_l,
    t.size AS size_r,
    CASE WHEN a.child_id = b.child_id THEN s.size - 1 ELSE s.size * t.size END AS affected
FROM linkage.pairs AS p
INNER JOIN linkage.child_records AS a ON p.record_key_l = a.record_key
INNER JOIN linkage.child_records AS b ON p.record_key_r = b.record_key
INNER JOIN linkage.record_states AS m ON p.record_key_l = m.record_key
INNER JOIN linkage.record_states AS n ON p.record_key_r = n.record_key
INNER JOIN sizes AS s ON a.child_id = s.child_id
INNER JOIN sizes AS t ON b.child_id = t.child_id
ANTI JOIN pairs_answered AS asked ON p.record_key_l = asked.record_key_l AND p.record_key_r = asked.record_key_r;

-- name: worth_asking
-- By reason, the $most pairs that pay most; of two children the best pair only. An answer pays how likely the program
-- is wrong, times what would change. A tie is, of a record that hangs in the balance, the best link that was not made.
WITH candidates AS (
    SELECT
        *,
        least(match_probability, 1 - match_probability) AS doubt,
        -- beyond 99 bits there is no doubt left, and a power of two would overflow
        least(coalesce(margin_l, 99), coalesce(margin_r, 99)) AS margin
    FROM review_candidates
),

ties AS (
    SELECT
        'tie' AS reason,
        *,
        affected / (1 + pow(2, margin)) AS pays
    FROM candidates
    WHERE NOT is_linked AND margin < $tie_bits
    QUALIFY row_number() OVER (
        PARTITION BY
            CASE WHEN coalesce(margin_l, 99) <= coalesce(margin_r, 99) THEN record_key_l ELSE record_key_r END
        ORDER BY match_weight DESC, record_key_l ASC, record_key_r ASC
    ) = 1
),

paying AS (
    SELECT * FROM ties
    UNION ALL
    SELECT
        'contradiction' AS reason,
        *,
        affected * (1 - doubt) AS pays
    FROM candidates
    WHERE (is_linked AND match_probability < $low) OR (NOT is_linked AND match_probability > $high)
    UNION ALL
    SELECT
        'near_threshold' AS reason,
        *,
        affected * doubt AS pays
    FROM candidates
    WHERE match_probability BETWEEN $low AND $high
    UNION ALL
    SELECT
        'large_child' AS reason,
        *,
        affected * (1 - match_probability) AS pays
    FROM candidates
    WHERE is_linked AND size_l > $large_child
),

best AS (
    SELECT * FROM paying
    QUALIFY row_number() OVER (
        PARTITION BY reason, least(child_l, child_r), greatest(child_l, child_r)
        ORDER BY pays DESC, record_key_l ASC, record_key_r ASC
    ) = 1
)

SELECT
    record_key_l,
    record_key_r,
    reason,
    is_linked,
    match_weight,
    match_probability
FROM best
QUALIFY row_number() OVER (PARTITION BY reason ORDER BY pays DESC, record_key_l ASC, record_key_r ASC) <= $most
ORDER BY reason ASC, pays DESC, record_key_l ASC, record_key_r ASC;
