-- Statements of linkage/training/county_model.py, over the workshop.

-- name: training_input
-- Records of families in which one child was found; a family is a mother's id number, or a mother's and father's name.
CREATE OR REPLACE TABLE training_input AS
WITH members AS (
    SELECT
        records.*,
        resolved.child
    FROM linkage_input AS records
    INNER JOIN resolved ON records.record_key = resolved.record_key
),

families AS (
    SELECT
        child,
        mother_id_no AS parents
    FROM members
    WHERE mother_id_no IS NOT NULL
    UNION
    SELECT
        child,
        mother_name_std || '|' || father_name_std AS parents
    FROM members
    WHERE mother_name_std IS NOT NULL AND father_name_std IS NOT NULL
),

larger AS (
    SELECT DISTINCT child FROM families
    QUALIFY count(*) OVER (PARTITION BY parents) > 1
)

SELECT members.* EXCLUDE (child)
FROM members
ANTI JOIN larger ON members.child = larger.child
ORDER BY members.record_key;
