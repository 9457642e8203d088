-- How many births of each month are known, girls and boys, twins and more, residents and others?
SELECT
    birth_month,
    count(*) AS children,
    count(*) FILTER (sex = '2') AS girls,
    count(*) FILTER (sex = '1') AS boys,
    count(*) FILTER (plurality > 1) AS of_multiple_births,
    count(*) FILTER (NOT is_resident) AS not_resident
FROM marts.children
WHERE birth_month >= (SELECT min(period) FROM marts.submissions WHERE length(period) = 7)
GROUP BY birth_month
ORDER BY birth_month;
