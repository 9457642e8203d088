-- How many resident children are in the vaccination register and, though due, not in the household register?
SELECT
    township_code,
    count(*) AS children
FROM marts.children
WHERE in_immunization = 'held' AND in_household_registration = 'not_held' AND is_resident
GROUP BY township_code
ORDER BY township_code;
