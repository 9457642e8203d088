with

obligations as (select * from {{ source('accountability', 'obligations') }}),

units as (select * from {{ source('reference', 'units') }}),

registers as (select * from {{ source('accountability', 'registers') }}),

final as (
    select
        obligations.unit_code,
        units.unit_name,
        coalesce(registers.agency, units.agency) as agency,
        units.division_code,
        obligations.feed,
        obligations.period,
        {{ period_kind('obligations.period') }} as period_kind,
        obligations.status,
        obligations.due_on,
        obligations.received_at,
        obligations.revision,
        obligations.row_count,
        obligations.set_aside_count
    from obligations
    left join units on obligations.unit_code = units.unit_code
    left join registers on obligations.feed = registers.feed
)

select * from final
