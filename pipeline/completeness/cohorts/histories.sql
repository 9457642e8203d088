-- Statements of completeness/cohorts/histories.py.

-- name: histories
-- Children counted by cohort, month, place, the one unit that knows them, and the registers that hold them.
SELECT
    cohort,
    birth_month,
    township_code,
    only_unit_code,
    is_due,
    registers,
    count(*) AS children
FROM intermediate.int_capture_histories
GROUP BY ALL
ORDER BY ALL;

-- name: alarmed_units
-- Units under an alarm of uncorroborated records in a period of $cohort or of the year after it, $next, with its feeds.
SELECT
    unit_code,
    list_sort(list(DISTINCT feed)) AS feeds
FROM accountability.flags
WHERE rule = 'uncorroborated' AND severity = 'alarm' AND period[1:4] IN ($cohort, $next)
GROUP BY unit_code
ORDER BY unit_code;

-- name: children_of_units
-- By unit, the children of the cohort of whom it has a record in a birth register, and whether it alone knows them.
SELECT
    records.unit_code,
    histories.registers,
    histories.only_unit_code IS NOT NULL AS is_alone,
    list_sort(list(DISTINCT records.feed)) AS feeds,
    histories.child_id
FROM intermediate.int_capture_histories AS histories
INNER JOIN intermediate.int_child_records_linked AS records ON histories.child_id = records.child_id
WHERE histories.cohort = $cohort AND list_contains(histories.registers, records.feed)
GROUP BY ALL
ORDER BY records.unit_code, histories.child_id;

-- name: verified
-- Verified records of children of the cohort whom $unit alone knows.
SELECT
    verified.is_genuine,
    verified.inclusion_probability
FROM completeness.verified_records AS verified
INNER JOIN linkage.child_records AS links ON verified.record_key = links.record_key
INNER JOIN intermediate.int_capture_histories AS histories ON links.child_id = histories.child_id
WHERE
    verified.unit_code = $unit
    AND histories.only_unit_code = $unit
    AND histories.cohort = $cohort
    AND verified.is_genuine IS NOT NULL
ORDER BY verified.round, verified.record_key;

-- name: met
-- Children of the cohort that an area canvass met. A link to a child whom the histories leave out says nothing of who
-- is unseen.
SELECT
    canvass.village_code,
    canvass.inclusion_probability,
    histories.child_id IS NOT NULL AS is_known
FROM completeness.canvass AS canvass
LEFT JOIN intermediate.int_capture_histories AS histories ON canvass.child_id = histories.child_id
WHERE
    canvass.birth_month[1:4] = $cohort
    AND (canvass.child_id IS NULL OR histories.child_id IS NOT NULL)
ORDER BY ALL;

-- name: reviewed_recall
-- The recall of the last review that tells of one, with its standard deviation from the interval of 95%.
SELECT
    reviewed_recall,
    (reviewed_recall_high - reviewed_recall_low) / (2 * 1.96) AS standard_deviation
FROM casework.reviewed_quality
WHERE
    stratum = 'overall'
    AND reviewed_recall IS NOT NULL
    AND reviewed_recall_low IS NOT NULL
    AND reviewed_recall_high IS NOT NULL
ORDER BY run_id DESC
LIMIT 1;

-- name: delays
-- Children by month of birth and months until $register (null: any) first held them, up to $longest; a report before
-- the month of birth, which cannot be, counts in it.
WITH first_held AS (
    SELECT
        histories.child_id,
        histories.birth_month,
        min(records.period) AS period
    FROM intermediate.int_capture_histories AS histories
    INNER JOIN intermediate.int_child_records_linked AS records ON histories.child_id = records.child_id
    WHERE
        length(records.period) = 7
        AND list_contains(histories.registers, records.feed)
        AND ($register IS NULL OR records.feed = $register)
    GROUP BY ALL
),

delayed AS (
    SELECT
        birth_month,
        greatest(date_diff('month', (birth_month || '-01')::DATE, (period || '-01')::DATE), 0)::INTEGER AS delay
    FROM first_held
)

SELECT
    birth_month,
    delay,
    count(*) AS children
FROM delayed
WHERE delay <= $longest
GROUP BY ALL
ORDER BY ALL;

-- name: set_apart
-- Children of birth registers who are in no history, by cohort and the first reason that holds.
INSERT INTO completeness.set_apart
SELECT
    coalesce(children.birth_month[1:4], '') AS cohort,
    CASE
        WHEN children.birth_month IS NULL THEN $unknown
        WHEN NOT children.is_resident THEN $elsewhere
        ELSE $before
    END AS reason,
    count(*) AS children
FROM intermediate.int_children_resolved AS children
ANTI JOIN intermediate.int_capture_histories AS histories ON children.child_id = histories.child_id
WHERE
    children.child_id IN (
        SELECT records.child_id
        FROM intermediate.int_child_records_linked AS records
        INNER JOIN accountability.registers AS registers ON records.feed = registers.feed AND registers.kind = 'birth'
    )
GROUP BY ALL;
