-- Statements of linkage/training/training.py, over the workshop.

-- name: labelled_pairs
-- Pairs of `labelled` records by kind: of one child, of twins, of siblings, and strangers: $steps partners of each
-- record, $step places apart, among $records.
CREATE OR REPLACE TABLE labelled_pairs AS
WITH kin AS (
    SELECT
        l.record_key AS record_key_l,
        r.record_key AS record_key_r,
        CASE WHEN l.child = r.child THEN 'match' WHEN l.delivery = r.delivery THEN 'twin' ELSE 'sibling' END AS kind
    FROM labelled AS l
    INNER JOIN labelled AS r
        ON coalesce(l.mother, l.child) = coalesce(r.mother, r.child) AND l.record_key < r.record_key
),

drawn AS MATERIALIZED (
    SELECT
        labelled.*,
        (labelled.place + steps.step * $step) % $records + 1 AS partner
    FROM labelled
    CROSS JOIN range(1, $steps + 1) AS steps (step)
),

strangers AS (
    SELECT DISTINCT
        least(l.record_key, r.record_key) AS record_key_l,
        greatest(l.record_key, r.record_key) AS record_key_r,
        'stranger' AS kind
    FROM drawn AS l
    INNER JOIN labelled AS r ON l.partner = r.place
    WHERE coalesce(l.mother, l.child) <> coalesce(r.mother, r.child)
)

SELECT * FROM kin
UNION ALL
SELECT * FROM strangers;
