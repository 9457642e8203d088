with

children as (select * from {{ ref('int_children_resolved') }}),

records as (select * from {{ ref('int_child_records_linked') }}),

registers as (
    select * from {{ source('accountability', 'registers') }}
    where kind in ('birth', 'later_contact')
),

cohorts as (select * from {{ ref('int_cohorts_due') }}),

holdings as (
    select
        child_id,
        feed,
        count(*) as record_count
    from records
    group by child_id, feed
),

judged as (
    select
        children.child_id,
        registers.feed as register,
        children.birth_month,
        children.township_code,
        registers.catchment,
        cohorts.expected_from,
        cohorts.expected_to,
        case
            when children.birth_month is null then 'birth_month_unknown'
            when cohorts.dueness = 'due' and registers.catchment = 'residence' and not children.is_resident
                then 'lives_elsewhere'
            else cohorts.dueness
        end as dueness,
        coalesce(holdings.record_count, 0)::integer as record_count
    from children
    cross join registers
    left join cohorts on children.birth_month = cohorts.birth_month and registers.feed = cohorts.register
    left join holdings on children.child_id = holdings.child_id and registers.feed = holdings.feed
),

final as (
    select
        * exclude (record_count),
        dueness = 'due' as is_due,
        case
            when record_count > 0 then 'held'
            when dueness = 'due' then 'not_held'
            else 'not_due'
        end as status,
        record_count
    from judged
)

select * from final
