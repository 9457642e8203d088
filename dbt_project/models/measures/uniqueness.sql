with

obligations as (select * from {{ source('accountability', 'obligations') }}),

records as (select * from {{ ref('int_records_standardised') }}),

surplus as (select * from {{ ref('surplus_records') }}),

late_found as (select * from {{ ref('int_late_found_records') }}),

results as (select * from {{ source('checks', 'results') }}),

current_revisions as (select * from {{ source('checks', 'current_revisions') }}),

row_checks as (
    {{ row_checks() }}
),

-- a birth found late is no row to be judged by, unless the register had it already
entries as (
    select
        records.unit_code,
        records.feed,
        records.period,
        records.identical_row_count,
        surplus.record_key is not null as is_surplus
    from records
    left join surplus on records.record_key = surplus.record_key
    left join late_found on records.record_key = late_found.record_key
    where surplus.record_key is not null or late_found.record_key is null
),

of_children as (
    select
        unit_code,
        feed,
        period,
        sum(identical_row_count) as evaluated,
        sum(identical_row_count - 1) + count(*) filter (where is_surplus) as failed
    from entries
    group by unit_code, feed, period
),

-- of feeds that are not about children, what the checks of the file found: every row whose number stands there twice
of_references as (
    select
        current_revisions.unit_code,
        current_revisions.feed,
        current_revisions.period,
        sum(results.evaluated_count) as evaluated,
        sum(results.failed_count) as failed
    from results
    inner join current_revisions on results.revision_id = current_revisions.revision_id
    inner join row_checks
        on
            results.feed = row_checks.feed
            and results.code = row_checks.code
            and results.column_name = row_checks.column_name
    inner join {{ source('accountability', 'registers') }} as registers on results.feed = registers.feed
    where row_checks.rule = 'duplicates' and registers.kind = 'reference'
    group by current_revisions.unit_code, current_revisions.feed, current_revisions.period
),

counted as (
    select * from of_children
    union all
    select * from of_references
),

final as (
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period,
        'uniqueness' as measure,
        'duplicates' as rule,
        '' as item,
        coalesce(counted.failed, 0)::bigint as failed,
        coalesce(counted.evaluated, 0)::bigint as evaluated
    from obligations
    left join counted
        on
            obligations.unit_code = counted.unit_code
            and obligations.feed = counted.feed
            and obligations.period = counted.period
)

select * from final
