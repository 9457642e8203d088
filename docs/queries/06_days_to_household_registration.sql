-- How long after birth are children entered in the household register, by half-year of birth?
SELECT
    birth_month[1:4] || CASE WHEN birth_month[6:7] <= '06' THEN ' first half' ELSE ' second half' END AS born,
    count(*) FILTER (days_to_registration_band = '0-30') AS to_30_days,
    count(*) FILTER (days_to_registration_band = '31-60') AS to_60_days,
    count(*) FILTER (days_to_registration_band = '61-180') AS to_180_days,
    count(*) FILTER (days_to_registration_band = '181-365') AS to_365_days,
    count(*) FILTER (days_to_registration_band = 'over_365') AS later,
    count(*) FILTER (in_household_registration = 'not_held') AS not_registered
FROM marts.children
WHERE is_resident AND birth_month IS NOT NULL
GROUP BY born
ORDER BY born;
