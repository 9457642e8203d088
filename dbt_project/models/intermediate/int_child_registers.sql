with

children as (select * from {{ ref('int_children_resolved') }}),

records as (select * from {{ ref('int_child_records_linked') }}),

registers as (
    select * from {{ source('accountability', 'registers') }}
    where kind in ('birth', 'later_contact')
),

obligations as (select * from {{ source('accountability', 'obligations') }}),

-- the roll of a register begins with the first period that anyone owed
rolls as (
    select
        feed,
        min(period) as first_period
    from obligations
    group by feed
),

holdings as (
    select
        child_id,
        feed,
        count(*) as record_count
    from records
    group by child_id, feed
),

-- the periods whose submissions should hold the child: from birth on, or the year in which it is first met
expected as (
    select
        children.child_id,
        children.birth_month,
        children.is_resident,
        children.township_code,
        registers.feed as register,
        registers.catchment,
        registers.due_through,
        rolls.first_period,
        coalesce(holdings.record_count, 0) as record_count,
        case registers.due_every when 'year' then 4 else 7 end as period_length,
        case registers.kind
            when 'later_contact'
                then (children.birth_month || '-01')::date + to_months(registers.grace_months)
            else (children.birth_month || '-01')::date
        end as expected_from,
        (children.birth_month || '-01')::date + to_months(registers.grace_months) as expected_to
    from children
    cross join registers
    left join rolls on registers.feed = rolls.feed
    left join holdings on children.child_id = holdings.child_id and registers.feed = holdings.feed
),

judged as (
    select
        * exclude (expected_from, expected_to, period_length),
        strftime(expected_from, '%Y-%m')[1:period_length] as expected_from,
        strftime(expected_to, '%Y-%m')[1:period_length] as expected_to
    from expected
),

final as (
    select
        child_id,
        register,
        birth_month,
        township_code,
        catchment,
        expected_from,
        expected_to,
        case
            when birth_month is null then 'birth_month_unknown'
            when first_period is null or expected_from < first_period then 'before_the_roll'
            when due_through is null or due_through < expected_to then 'not_yet'
            when catchment = 'residence' and not is_resident then 'lives_elsewhere'
            else 'due'
        end as dueness,
        dueness = 'due' as is_due,
        case
            when record_count > 0 then 'held'
            when dueness = 'due' then 'not_held'
            else 'not_due'
        end as status,
        record_count::integer as record_count
    from judged
)

select * from final
