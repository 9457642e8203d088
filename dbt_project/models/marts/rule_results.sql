-- a view: limits are reached from the measures, after the models are built, and still stand in the night's own release
with

results as (select * from {{ source('accountability', 'rule_results') }}),

final as (
    select
        unit_code,
        feed,
        period,
        {{ period_kind('period') }} as period_kind,
        rule,
        item,
        failed,
        evaluated,
        expected,
        low_998,
        low_95,
        high_95,
        high_998,
        verdict
    from results
)

select * from final
