-- What did the last ten nights bring, and how sure was linkage of itself?
SELECT
    runs.run_id,
    runs.as_of,
    runs.records_new,
    runs.records_changed,
    runs.model_version,
    quality.records,
    quality.clusters AS children,
    quality.expected_precision,
    quality.expected_recall
FROM marts.runs
LEFT JOIN marts.linkage_quality AS quality ON runs.run_id = quality.run_id AND quality.stratum = 'overall'
ORDER BY runs.night_no DESC
LIMIT 10;
