-- Statements of linkage/review/sample.py.

-- name: review_frame
-- Every candidate with its stratum: links and non-links, confident and doubtful ones (between $low and $high) each.
CREATE OR REPLACE TEMP TABLE review_frame AS
SELECT
    record_key_l,
    record_key_r,
    is_linked,
    match_weight,
    match_probability,
    CASE
        WHEN is_linked AND match_probability > $high THEN 'linked_confident'
        WHEN is_linked THEN 'linked_doubtful'
        WHEN match_probability >= $low THEN 'apart_doubtful'
        ELSE 'apart_confident'
    END AS stratum
FROM review_candidates;

-- name: strata
-- By stratum: its pairs, and the mean of p(1 - p) that the model expects.
SELECT
    stratum,
    count(*) AS pairs,
    avg(match_probability * (1 - match_probability)) AS variance
FROM review_frame
GROUP BY stratum
ORDER BY stratum;

-- name: drawn
-- A simple random sample of $number pairs of a stratum, in the order of a hash of $seed and pair.
SELECT
    record_key_l,
    record_key_r,
    $reason AS reason,
    is_linked,
    match_weight,
    match_probability
FROM review_frame
WHERE stratum = $stratum
ORDER BY md5_number_lower(concat_ws(':', $seed, record_key_l, record_key_r)), record_key_l, record_key_r
LIMIT $number;

-- name: review_parts
-- A row per pair of the frame and part of the links that it belongs to. A pair is in the part of a trait ($traits and
-- their $bits) if either record has it.
CREATE OR REPLACE TEMP TABLE review_parts AS
WITH traits AS (
    SELECT
        unnest($traits) AS part,
        unnest($bits)::UTINYINT AS bit
),

pairs AS (
    SELECT
        frame.record_key_l,
        frame.record_key_r,
        frame.stratum,
        m.traits | n.traits AS traits,
        l.feed,
        r.feed AS other_feed
    FROM review_frame AS frame
    INNER JOIN linkage.child_records AS l ON frame.record_key_l = l.record_key
    INNER JOIN linkage.child_records AS r ON frame.record_key_r = r.record_key
    INNER JOIN linkage.record_states AS m ON frame.record_key_l = m.record_key
    INNER JOIN linkage.record_states AS n ON frame.record_key_r = n.record_key
)

SELECT
    'overall' AS part,
    stratum,
    record_key_l,
    record_key_r
FROM pairs
UNION ALL
SELECT
    traits.part,
    pairs.stratum,
    pairs.record_key_l,
    pairs.record_key_r
FROM pairs
INNER JOIN traits ON pairs.traits & traits.bit > 0
UNION ALL
SELECT
    'register_pair:' || least(feed, other_feed) || ':' || greatest(feed, other_feed) AS part,
    stratum,
    record_key_l,
    record_key_r
FROM pairs;
