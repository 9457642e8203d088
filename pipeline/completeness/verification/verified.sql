-- Statements of completeness/verification/verified.py.

-- name: verified_records
-- Settled cases that were drawn from a record: whether a document is behind it.
SELECT
    c.round,
    c.unit_code,
    c.feed,
    c.period,
    c.record_key,
    o.document = 'found' AS is_genuine,
    c.inclusion_probability,
    o.settled_on
FROM casework.verification_outcomes AS o
INNER JOIN casework.verification_cases AS c ON o.round = c.round AND o.case_no = c.case_no
WHERE c.kind <> $omission AND o.document IN ('found', 'absent')
ORDER BY ALL;

-- name: verified_gaps
-- Settled cases that were drawn from a likely omission, of the child whom the record is of today.
SELECT
    c.round,
    coalesce(l.child_id, c.child_id) AS child_id,
    c.register,
    o.document = 'found' AS is_genuine,
    CASE o.lives_here WHEN 'yes' THEN TRUE WHEN 'no' THEN FALSE END AS lives_here,
    CASE o.is_held WHEN 'yes' THEN TRUE WHEN 'no' THEN FALSE END AS is_held,
    c.inclusion_probability,
    o.settled_on
FROM casework.verification_outcomes AS o
INNER JOIN casework.verification_cases AS c ON o.round = c.round AND o.case_no = c.case_no
LEFT JOIN linkage.child_records AS l ON c.record_key = l.record_key
WHERE c.kind = $omission AND o.document IN ('found', 'absent')
ORDER BY ALL;

-- name: canvass
-- Children that an area canvass met, each with the child of the links that it is. A number on its papers, with sex and
-- month, must lead to one child only; where it leads to several, one of the village.
WITH met AS (
    SELECT * FROM casework.canvass_children
),

numbers AS (
    SELECT
        r.child_id,
        c.sex,
        c.birth_month,
        r.village_code,
        unnest([r.certificate_no, r.record_no]) AS number
    FROM intermediate.int_child_records_linked AS r
    INNER JOIN intermediate.int_children_resolved AS c ON r.child_id = c.child_id
),

candidates AS (
    SELECT
        m.round,
        m.village_code,
        m.line,
        n.child_id,
        max(n.village_code = m.village_code) AS is_here
    FROM met AS m
    INNER JOIN numbers AS n
        ON
            m.sex = n.sex
            AND m.birth_month = n.birth_month
            AND right(regexp_replace(upper(n.number), '[^A-Z0-9]', '', 'g'), 6) = m.link_token
    GROUP BY ALL
),

placed AS (
    SELECT
        *,
        coalesce(is_here, FALSE) AS here,
        max(coalesce(is_here, FALSE)) OVER (PARTITION BY round, village_code, line) AS any_here
    FROM candidates
),

matched AS (
    SELECT
        round,
        village_code,
        line,
        any_value(child_id) AS child_id
    FROM placed
    WHERE here = any_here
    GROUP BY round, village_code, line
    HAVING count(*) = 1
)

SELECT
    m.round,
    m.village_code,
    v.inclusion_probability,
    m.link_token,
    m.sex,
    m.birth_month,
    matched.child_id
FROM met AS m
INNER JOIN casework.canvass_villages AS v ON m.round = v.round AND m.village_code = v.village_code
LEFT JOIN matched ON m.round = matched.round AND m.village_code = matched.village_code AND m.line = matched.line
ORDER BY m.round, m.village_code, m.line;

-- name: answers
-- What each team, A and B, said of each case's document, and what it was settled as.
SELECT
    c.round,
    c.township_code,
    a.document AS said_by_a,
    b.document AS said_by_b,
    o.document AS settled
FROM casework.verification_cases AS c
LEFT JOIN casework.verification_answers AS a ON c.round = a.round AND c.case_no = a.case_no AND a.team = 'A'
LEFT JOIN casework.verification_answers AS b ON c.round = b.round AND c.case_no = b.case_no AND b.team = 'B'
LEFT JOIN casework.verification_outcomes AS o ON c.round = o.round AND c.case_no = o.case_no
ORDER BY c.round, c.township_code, c.case_no;

-- name: strata
-- By round, township and stratum of records, or of likely omissions where $of_omissions: how many there are, were drawn
-- and were settled, and how many of these are what the stratum says: a document that was found; for an omission also
-- a child of the county whom the register lacks, so far as the papers say.
SELECT
    c.round,
    c.township_code,
    any_value(c.population) AS population,
    any_value(c.drawn) AS drawn,
    count(o.case_no) FILTER (o.document IN ('found', 'absent')) AS answered,
    count(*) FILTER (
        o.document = 'found'
        AND (NOT $of_omissions OR (coalesce(o.lives_here, '') <> 'no' AND coalesce(o.is_held, '') <> 'yes'))
    ) AS positive
FROM casework.verification_strata AS c
LEFT JOIN casework.verification_cases AS k
    ON c.round = k.round AND c.stratum = k.stratum AND c.township_code = k.township_code
LEFT JOIN casework.verification_outcomes AS o ON k.round = o.round AND k.case_no = o.case_no
WHERE (c.kind = $omission) = $of_omissions
GROUP BY c.round, c.township_code, c.stratum
ORDER BY c.round, c.township_code, c.stratum;

-- name: content_agreement
-- By round and township: of sexes and days of birth on found documents, the share that the record says too.
WITH compared AS (
    SELECT
        c.round,
        c.township_code,
        unnest([
            CASE WHEN o.sex IN ('1', '2') THEN r.child_sex = o.sex END, r.birth_date = o.birth_date
        ]) AS is_equal
    FROM casework.verification_outcomes AS o
    INNER JOIN casework.verification_cases AS c ON o.round = c.round AND o.case_no = c.case_no
    INNER JOIN intermediate.int_child_records_linked AS r ON c.record_key = r.record_key
    WHERE o.document = 'found'
)

SELECT
    round,
    township_code,
    avg(is_equal::INTEGER) AS agreement
FROM compared
WHERE is_equal IS NOT NULL
GROUP BY ALL;

-- name: drawn_records
-- Cases drawn from records: whether the document was found (null: not settled), and how many records of its stratum a
-- settled case stands for.
WITH cases AS (
    SELECT
        c.*,
        CASE o.document WHEN 'found' THEN TRUE WHEN 'absent' THEN FALSE END AS is_found
    FROM casework.verification_cases AS c
    LEFT JOIN casework.verification_outcomes AS o ON c.round = o.round AND c.case_no = o.case_no
)

SELECT
    c.round,
    c.unit_code,
    c.feed,
    c.period,
    c.is_found,
    s.population / count(c.is_found) OVER (PARTITION BY c.round, c.stratum, c.township_code) AS weight
FROM cases AS c
INNER JOIN casework.verification_strata AS s
    ON c.round = s.round AND c.stratum = s.stratum AND c.township_code = s.township_code
WHERE c.kind <> $omission
ORDER BY c.round, c.unit_code, c.feed, c.period, c.case_no;

-- name: canvassed_villages
-- By round and village that came back: children whom the canvass met, and those of them whom the links know.
SELECT
    r.round,
    r.village_count,
    r.villages,
    count(c.sex) AS met,
    count(c.child_id) AS known
FROM casework.verification_rounds AS r
INNER JOIN casework.canvass_villages AS v ON r.round = v.round AND v.is_returned
LEFT JOIN completeness.canvass AS c ON v.round = c.round AND v.village_code = c.village_code
GROUP BY r.round, r.village_count, r.villages, v.village_code
ORDER BY r.round, v.village_code;
