-- Statements of casework/verification/frame.py.

-- name: frame
-- Stratum, township and unit of everything that may be drawn, in a fixed order. Records fall into one stratum each, the
-- first that fits; the document that a gap is asked about is the provider's, where one has the child.
WITH records AS (
    SELECT
        r.*,
        c.township_code,
        g.catchment
    FROM intermediate.int_child_records_linked AS r
    INNER JOIN accountability.registers AS g ON r.feed = g.feed AND g.kind = 'birth'
    INNER JOIN intermediate.int_children_resolved AS c ON r.child_id = c.child_id
    WHERE c.is_resident AND c.township_code IS NOT NULL
),

known AS (
    SELECT
        child_id,
        count(DISTINCT unit_code) AS units
    FROM intermediate.int_child_records_linked
    GROUP BY child_id
),

alarmed AS (
    SELECT DISTINCT
        unit_code,
        feed
    FROM accountability.flags
    WHERE rule = $rule AND severity = $severity
),

uncorroborated AS (
    SELECT record_key FROM measures.corroboration_records WHERE NOT is_corroborated
),

strata AS (
    SELECT
        CASE
            WHEN m.record_key IS NOT NULL AND a.feed IS NOT NULL THEN 'uncorroborated_in_alarm'
            WHEN m.record_key IS NOT NULL THEN 'uncorroborated'
            WHEN k.units >= $known_good THEN 'known_good'
            ELSE 'control'
        END AS stratum,
        r.township_code,
        r.record_key,
        '' AS register,
        r.child_id,
        r.unit_code,
        r.feed,
        r.period,
        r.record_no
    FROM records AS r
    INNER JOIN known AS k ON r.child_id = k.child_id
    LEFT JOIN uncorroborated AS m ON r.record_key = m.record_key
    LEFT JOIN alarmed AS a ON r.unit_code = a.unit_code AND r.feed = a.feed
),

documents AS (
    SELECT * FROM records
    QUALIFY row_number() OVER (PARTITION BY child_id ORDER BY catchment <> 'provider', feed, record_key) = 1
),

gaps AS (
    SELECT
        'likely_omission' AS stratum,
        d.township_code,
        d.record_key,
        g.register,
        d.child_id,
        d.unit_code,
        d.feed,
        d.period,
        d.record_no
    FROM intermediate.int_gaps_explained AS g
    INNER JOIN documents AS d ON g.child_id = d.child_id
    WHERE g.reason = 'likely_omitted' AND list_contains($registers, g.register)
)

SELECT * FROM strata
UNION ALL
SELECT * FROM gaps
ORDER BY ALL;
