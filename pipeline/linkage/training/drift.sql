-- Statements of linkage/training/drift.py. `pairs`: a relation of record_key_l, record_key_r, match_weight and
-- blocking_rule; `records`: one of record_key, feed and period, all records; `chosen`: one of record_key, the records
-- from whose side pairs are counted.

-- name: new_records
-- Records that linkage met for the first time in the night $night_no.
CREATE OR REPLACE TEMP TABLE new_records AS
SELECT DISTINCT record_key
FROM linkage.identity_events
WHERE night_no = $night_no AND event = 'joined' AND other_child IS NULL;

-- name: records_by_feed
-- The chosen records by feed.
SELECT
    records.feed,
    count(*) AS n
FROM {records} AS records
SEMI JOIN {chosen} AS chosen ON records.record_key = chosen.record_key
GROUP BY records.feed;

-- name: pairs_by_feed
-- Pairs of the chosen records with records of their own period or an earlier one, by feed, bin of match weight
-- (`bin`: the expression of its name) and blocking rule.
WITH sides AS (
    SELECT
        record_key_l AS record_key,
        record_key_r AS partner,
        match_weight,
        blocking_rule
    FROM {pairs}
    UNION ALL
    SELECT
        record_key_r AS record_key,
        record_key_l AS partner,
        match_weight,
        blocking_rule
    FROM {pairs}
),

chosen_records AS (
    SELECT records.*
    FROM {records} AS records
    SEMI JOIN {chosen} AS chosen ON records.record_key = chosen.record_key
)

SELECT
    chosen_records.feed,
    {bin} AS weight_bin,
    sides.blocking_rule,
    count(*) AS n
FROM sides
INNER JOIN chosen_records ON sides.record_key = chosen_records.record_key
INNER JOIN {records} AS partners ON sides.partner = partners.record_key
WHERE partners.period <= chosen_records.period
GROUP BY ALL;
