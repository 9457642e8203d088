-- a view: verdicts are reached from the measures, after the models are built, and still stand in the night's release
with

obligations as (select * from {{ source('accountability', 'obligations') }}),

results as (select * from {{ source('accountability', 'measure_results') }}),

grades as (select * from {{ source('accountability', 'grades') }}),

side_by_side as (
    select
        unit_code,
        feed,
        period
        {{ column_per_measure([
            ["max(value) filter (where measure = '?' and time_window = 'trailing')", ''],
            ["max(low) filter (where measure = '?' and time_window = 'trailing')", '_low'],
            ["max(high) filter (where measure = '?' and time_window = 'trailing')", '_high'],
            ["max(verdict) filter (where measure = '?' and time_window = 'trailing')", '_verdict'],
            ["max(numerator) filter (where measure = '?' and time_window = 'trailing')", '_numerator'],
            ["max(denominator) filter (where measure = '?' and time_window = 'trailing')", '_denominator'],
            ["max(expected) filter (where measure = '?' and time_window = 'trailing')", '_expected'],
            ["max(value) filter (where measure = '?' and time_window = 'period')", '_of_period'],
        ]) }}
    from results
    group by unit_code, feed, period
),

-- every obligation, whatever is known of it
final as (
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period,
        {{ period_kind('obligations.period') }} as period_kind,
        -- one submission is no rate
        side_by_side.* exclude (unit_code, feed, period, timeliness_of_period),
        grades.grade,
        grades.is_critical,
        grades.score,
        grades.critical_since
    from obligations
    left join side_by_side
        on
            obligations.unit_code = side_by_side.unit_code
            and obligations.feed = side_by_side.feed
            and obligations.period = side_by_side.period
    left join grades
        on
            obligations.unit_code = grades.unit_code
            and obligations.feed = grades.feed
            and obligations.period = grades.period
)

select * from final
