-- Statements of linkage/review/expected_quality.py, over the workshop and the warehouse.

-- name: records_beside
-- The other records of the pairs that leave the touched components, and that new records have.
CREATE OR REPLACE TABLE records_beside AS
WITH named AS (
    SELECT unnest([record_key_l, record_key_r]) AS record_key FROM pairs_before
    UNION
    SELECT unnest([record_key_l, record_key_r]) AS record_key FROM pairs
),

beside AS (
    SELECT named.record_key
    FROM named
    ANTI JOIN states_before ON named.record_key = states_before.record_key
    ANTI JOIN states_now ON named.record_key = states_now.record_key
),

states AS (
    SELECT
        states.record_key,
        states.traits
    FROM warehouse.linkage.record_states AS states
    SEMI JOIN beside ON states.record_key = beside.record_key
),

links AS (
    SELECT
        links.record_key,
        links.feed
    FROM warehouse.linkage.child_records AS links
    SEMI JOIN beside ON links.record_key = beside.record_key
)

SELECT
    states.record_key,
    links.feed,
    states.traits
FROM states
INNER JOIN links ON states.record_key = links.record_key;

-- name: sums
-- What the records of `summed_children` (record_key, feed, child, traits) and `summed_pairs` (record_key_l,
-- record_key_r, match_probability) add to each stratum; `summed_records` holds all records that these pairs name.
-- $traits and $bits name the bits of a record's traits.
CREATE OR REPLACE TABLE {sums} AS
WITH traits AS (
    SELECT
        unnest($traits) AS stratum,
        unnest($bits)::UTINYINT AS bit
),

members AS MATERIALIZED (
    SELECT * FROM summed_children
),

cube AS MATERIALIZED (
    SELECT
        least(l.feed, r.feed) AS feed,
        greatest(l.feed, r.feed) AS other_feed,
        l.traits | r.traits AS traits,
        coalesce(l.child = r.child, FALSE) AS is_one_child,
        count(*) AS n,
        sum(summed_pairs.match_probability::DECIMAL(18, 12)) AS p
    FROM summed_pairs
    INNER JOIN summed_records AS l ON summed_pairs.record_key_l = l.record_key
    INNER JOIN summed_records AS r ON summed_pairs.record_key_r = r.record_key
    GROUP BY ALL
),

held AS (
    SELECT
        child,
        feed,
        count(*) AS n
    FROM members GROUP BY ALL
),

record_sums AS (
    SELECT
        'overall' AS stratum,
        count(*) AS records,
        count(DISTINCT child) AS clusters
    FROM members
    UNION ALL
    SELECT
        traits.stratum,
        count(*) AS records,
        count(DISTINCT members.child) AS clusters
    FROM members
    INNER JOIN traits ON members.traits & traits.bit > 0
    GROUP BY traits.stratum
    UNION ALL
    SELECT
        'register_pair:' || a.feed || ':' || b.feed AS stratum,
        sum(CASE WHEN a.feed = b.feed THEN a.n ELSE a.n + b.n END) AS records,
        count(*) AS clusters
    FROM held AS a
    INNER JOIN held AS b ON a.child = b.child AND (a.feed < b.feed OR (a.feed = b.feed AND a.n > 1))
    GROUP BY a.feed, b.feed
),

in_strata AS (
    SELECT
        'overall' AS stratum,
        is_one_child,
        n,
        p
    FROM cube
    UNION ALL
    SELECT
        traits.stratum,
        cube.is_one_child,
        cube.n,
        cube.p
    FROM cube
    INNER JOIN traits ON cube.traits & traits.bit > 0
    UNION ALL
    SELECT
        'register_pair:' || feed || ':' || other_feed AS stratum,
        is_one_child,
        n,
        p
    FROM cube
)

SELECT
    stratum,
    records,
    clusters,
    0 AS pairs_inside,
    0::DECIMAL(38, 12) AS inside,
    0::DECIMAL(38, 12) AS everywhere
FROM record_sums
UNION ALL
SELECT
    stratum,
    0 AS records,
    0 AS clusters,
    coalesce(sum(n) FILTER (is_one_child), 0) AS pairs_inside,
    coalesce(sum(p) FILTER (is_one_child), 0) AS inside,
    sum(p) AS everywhere
FROM in_strata
GROUP BY stratum;

-- name: quality_sums
-- The sums of tonight: of all in a full rerun ($is_full); else the standing ones less what the touched children and
-- pairs added, with what they add now. A stratum of which nothing is left has no row.
CREATE OR REPLACE TABLE quality_sums AS
WITH parts AS (
    SELECT
        stratum,
        records,
        clusters,
        pairs_inside,
        inside,
        everywhere
    FROM sums_now
    UNION ALL
    SELECT
        stratum,
        records,
        clusters,
        pairs_inside,
        inside,
        everywhere
    FROM warehouse.linkage.quality_sums
    WHERE NOT $is_full
    UNION ALL
    SELECT
        stratum,
        -records AS records,
        -clusters AS clusters,
        -pairs_inside AS pairs_inside,
        -inside AS inside,
        -everywhere AS everywhere
    FROM sums_then
    WHERE NOT $is_full
)

SELECT
    stratum,
    sum(records)::BIGINT AS records,
    sum(clusters)::BIGINT AS clusters,
    sum(pairs_inside)::BIGINT AS pairs_inside,
    sum(inside)::DECIMAL(38, 12) AS inside,
    sum(everywhere)::DECIMAL(38, 12) AS everywhere
FROM parts
GROUP BY stratum
HAVING sum(records) > 0 OR sum(everywhere) > 0;

-- name: write_quality
-- What the standing sums say of the run $run_id.
INSERT INTO linkage.quality
SELECT
    $run_id AS run_id,
    stratum,
    records,
    clusters,
    inside::DOUBLE / nullif(pairs_inside, 0) AS expected_precision,
    inside::DOUBLE / nullif(everywhere, 0)::DOUBLE AS expected_recall,
    0 AS reviewed_pairs
FROM linkage.quality_sums
ORDER BY stratum;
