-- Statements of linkage/identities/history.py.

-- name: identity_history
-- What happened to the children $ids in each night, by kind; an event of $of_the_other is told of its other child too.
WITH told AS (
    SELECT
        night_no,
        child_id,
        event,
        other_child,
        record_key
    FROM linkage.identity_events
    WHERE child_id IN (SELECT unnest($ids))
    UNION ALL
    SELECT
        night_no,
        other_child AS child_id,
        event || '_here' AS event,
        child_id AS other_child,
        NULL AS record_key
    FROM linkage.identity_events
    WHERE other_child IN (SELECT unnest($ids)) AND event IN (SELECT unnest($of_the_other))
)

SELECT
    told.night_no,
    nights.as_of,
    told.child_id,
    told.event,
    told.other_child,
    list(told.record_key ORDER BY told.record_key) AS records
FROM told
LEFT JOIN publish.nights AS nights ON told.night_no = nights.night_no
GROUP BY told.night_no, nights.as_of, told.child_id, told.event, told.other_child
ORDER BY told.child_id, told.night_no, told.event = 'left', told.event <> 'minted', told.event, told.other_child;
