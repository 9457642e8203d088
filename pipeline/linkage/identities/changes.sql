-- Statements of linkage/identities/changes.py, over the workshop and the warehouse.

-- name: record_changes
-- Records that are new, changed or gone since the night before, and in a full rerun ($is_full) those that are the same.
-- A full rerun may follow a night whose states are of no use: who was there is then told by the children.
-- `fingerprint`: the expression over all that linkage reads of a record.
CREATE OR REPLACE TABLE record_changes AS
WITH records_now AS (
    SELECT
        record_key,
        rowid AS place,
        {fingerprint} AS fingerprint
    FROM warehouse.intermediate.int_records_standardised
    WHERE NOT coalesce(is_stillbirth, FALSE)
),

records_before AS (
    SELECT
        links.record_key,
        coalesce(states.fingerprint, -1) AS fingerprint
    FROM warehouse.linkage.child_records AS links
    LEFT JOIN warehouse.linkage.record_states AS states ON links.record_key = states.record_key
    WHERE $is_full
    UNION ALL
    SELECT
        record_key,
        fingerprint
    FROM warehouse.linkage.record_states
    WHERE NOT $is_full
)

SELECT
    coalesce(now.record_key, was.record_key) AS record_key,
    now.place,
    now.fingerprint,
    CASE
        WHEN was.fingerprint IS NULL THEN 'new'
        WHEN now.fingerprint IS NULL THEN 'gone'
        WHEN was.fingerprint <> now.fingerprint THEN 'changed'
        ELSE 'same'
    END AS kind
FROM records_now AS now
FULL JOIN records_before AS was ON now.record_key = was.record_key
WHERE $is_full OR was.fingerprint IS DISTINCT FROM now.fingerprint;

-- name: records_decided_anew
-- Records of review decisions that the standing links do not obey yet, or obey no more.
CREATE OR REPLACE TABLE records_decided_anew AS
WITH obeyed AS (
    SELECT
        record_key_l,
        record_key_r,
        is_same,
        entry
    FROM warehouse.linkage.constraints_obeyed
),

not_obeyed AS (
    SELECT * FROM review_decisions
    EXCEPT
    SELECT * FROM obeyed
),

taken_back AS (
    SELECT * FROM obeyed
    EXCEPT
    SELECT * FROM review_decisions
)

SELECT unnest([record_key_l, record_key_r]) AS record_key FROM not_obeyed
UNION
SELECT unnest([record_key_l, record_key_r]) AS record_key FROM taken_back;
