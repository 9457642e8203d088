with

obligations as (select * from {{ source('accountability', 'obligations') }}),

registers as (
    select * from {{ source('accountability', 'registers') }}
    where catchment = 'residence'
),

units as (select * from {{ source('reference', 'units') }}),

divisions as (select * from {{ source('reference', 'divisions') }}),

holders as (
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period,
        case divisions.level
            when 'township' then divisions.division_code
            when 'village' then divisions.parent_code
        end as township_code
    from obligations
    inner join registers on obligations.feed = registers.feed
    inner join units on obligations.unit_code = units.unit_code
    left join divisions on units.division_code = divisions.division_code
),

townships as (
    select division_code as township_code from divisions
    where level = 'township'
),

-- a unit of the whole county answers where no unit of the township owes that period
of_the_county as (
    select
        holders.unit_code,
        holders.feed,
        holders.period,
        townships.township_code
    from holders
    cross join townships
    anti join holders as own
        on
            holders.feed = own.feed
            and holders.period = own.period
            and townships.township_code = own.township_code
    where holders.township_code is null
),

final as (
    select
        unit_code,
        feed,
        period,
        township_code
    from holders
    where township_code is not null
    union all
    select
        unit_code,
        feed,
        period,
        township_code
    from of_the_county
)

select * from final
