with

obligations as (select * from {{ source('accountability', 'obligations') }}),

cells as (select * from {{ ref('coverage_cells') }}),

counted as (
    select
        unit_code,
        feed,
        period,
        sum(not_held) as failed,
        sum(not_held_in_time) as failed_in_time,
        sum(children) as evaluated
    from cells
    group by unit_code, feed, period
),

final as (
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period,
        'coverage' as measure,
        'low_coverage' as rule,
        '' as item,
        coalesce(counted.failed, 0)::bigint as failed,
        coalesce(counted.evaluated, 0)::bigint as evaluated,
        coalesce(counted.failed_in_time, 0)::bigint as failed_in_time
    from obligations
    left join counted
        on
            obligations.unit_code = counted.unit_code
            and obligations.feed = counted.feed
            and obligations.period = counted.period
)

select * from final
