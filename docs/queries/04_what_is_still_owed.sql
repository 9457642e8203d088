-- Which submissions are missing today, and since when?
SELECT
    agency,
    unit_code,
    unit_name,
    feed,
    period,
    due_on,
    (SELECT max(as_of) FROM marts.runs) - due_on AS days_overdue
FROM marts.submissions
WHERE status IN ('missing', 'rejected')
ORDER BY due_on, unit_code, feed;
