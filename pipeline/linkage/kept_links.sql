-- Statements of linkage/kept_links.py, over the workshop.

-- name: states_now
-- Of the linkage input's records, what the next night will know. `before`: the table of fingerprints of records that
-- are not changed; `traits`: the expression of a record's traits, over `multiple`, the children of whom any record
-- tells of a multiple birth.
CREATE OR REPLACE TABLE states_now AS
WITH multiple AS (
    SELECT DISTINCT resolved.child
    FROM linkage_input AS records
    INNER JOIN resolved ON records.record_key = resolved.record_key
    WHERE coalesce(records.plurality > 1 OR records.birth_rank > 1, FALSE)
)

SELECT
    records.record_key,
    records.feed,
    now.child,
    coalesce(changes.fingerprint, was.fingerprint) AS fingerprint,
    now.component,
    now.margin_bits,
    {traits} AS traits
FROM linkage_input AS records
INNER JOIN resolved AS now ON records.record_key = now.record_key
LEFT JOIN record_changes AS changes ON records.record_key = changes.record_key
LEFT JOIN {before} AS was ON records.record_key = was.record_key
LEFT JOIN multiple ON now.child = multiple.child;
