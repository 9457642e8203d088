-- a view: roll-ups are made from verdicts, after the models are built, and still stand in the night's own release
with

results as (select * from {{ source('accountability', 'division_results') }}),

final as (
    select
        division_kind,
        division_code,
        period,
        {{ period_kind('period') }} as period_kind,
        max(units) as units
        {{ column_per_measure([
            ["max(value) filter (where measure = '?')", ''],
            ["max(low) filter (where measure = '?')", '_low'],
            ["max(high) filter (where measure = '?')", '_high'],
            ["max(verdict) filter (where measure = '?')", '_verdict'],
            ["max(numerator) filter (where measure = '?')", '_numerator'],
            ["max(denominator) filter (where measure = '?')", '_denominator'],
            ["max(judged) filter (where measure = '?')", '_judged'],
            ["max(alarms) filter (where measure = '?')", '_alarms'],
        ]) }}
    from results
    group by division_kind, division_code, period
)

select * from final
