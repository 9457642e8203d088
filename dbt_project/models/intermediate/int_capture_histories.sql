with

children as (
    select * from {{ ref('int_children_resolved') }}
    where is_resident and birth_month is not null
),

records as (select * from {{ ref('int_child_records_linked') }}),

registers as (
    select * from {{ source('accountability', 'registers') }}
    where kind = 'birth'
),

cohorts as (
    select * from {{ ref('int_cohorts_due') }}
    where register in (select registers.feed from registers)
),

-- a cohort is counted where its birth was to be registered after the roll began, in every register
months as (
    select
        birth_month,
        bool_and(dueness = 'due') as is_due,
        bool_or(dueness = 'before_the_roll') as is_before_the_roll
    from cohorts
    group by birth_month
),

holdings as (
    select
        records.child_id,
        list_sort(list(distinct records.feed)) as registers,
        min(records.period) as first_period,
        case when count(distinct records.unit_code) = 1 then min(records.unit_code) end as only_unit_code
    from records
    inner join registers on records.feed = registers.feed
    group by records.child_id
),

final as (
    select
        children.child_id,
        children.birth_month[1:4] as cohort,
        children.birth_month,
        children.township_code,
        holdings.registers,
        holdings.first_period,
        holdings.only_unit_code,
        months.is_due
    from children
    inner join holdings on children.child_id = holdings.child_id
    inner join months on children.birth_month = months.birth_month
    where not months.is_before_the_roll
)

select * from final
