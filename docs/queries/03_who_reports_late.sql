-- Which units were late, silent or rejected, how often, in the last twelve months that have fallen due?
SELECT
    unit_code,
    any_value(unit_name) AS unit_name,
    feed,
    count(*) FILTER (status IN ('late', 'nil_late')) AS late,
    count(*) FILTER (status = 'missing') AS missing,
    count(*) FILTER (status = 'rejected') AS rejected,
    count(*) AS owed
FROM marts.submissions
WHERE due_on > (SELECT max(as_of) FROM marts.runs) - INTERVAL 12 MONTH AND status <> 'not_due'
GROUP BY unit_code, feed
HAVING late + missing + rejected > 0
ORDER BY unit_code, feed;
