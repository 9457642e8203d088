with

children as (select * from {{ ref('int_children_resolved') }}),

records as (select * from {{ ref('int_child_records_linked') }}),

registers as (
    select * from {{ source('accountability', 'registers') }}
    where kind in ('birth', 'later_contact')
),

obligations as (select * from {{ source('accountability', 'obligations') }}),

removals as (select * from {{ source('intake', 'removals') }}),

receipts as (select * from {{ source('intake', 'receipts') }}),

-- the last period of which a content was removed, as it was past its time: nobody can look up who stood there
removed as (
    select
        receipts.feed,
        max(receipts.period) as last_period
    from removals
    inner join receipts on removals.receipt_no = receipts.receipt_no
    group by receipts.feed
),

-- the roll of a register begins with the first period that anyone owed, after those whose contents were removed
rolls as (
    select
        obligations.feed,
        min(obligations.period) as first_period
    from obligations
    left join removed on obligations.feed = removed.feed
    where removed.last_period is null or obligations.period > removed.last_period
    group by obligations.feed
),

cohorts as (
    select birth_month from children
    where birth_month is not null
    union
    select strftime(birth_date, '%Y-%m') from records
    where birth_date is not null
),

-- the periods whose submissions should hold the child: from birth on, or the year in which it is first met
expected as (
    select
        cohorts.birth_month,
        registers.feed as register,
        registers.catchment,
        registers.due_through,
        rolls.first_period,
        case registers.due_every when 'year' then 4 else 7 end as period_length,
        case registers.kind
            when 'later_contact'
                then (cohorts.birth_month || '-01')::date + to_months(registers.grace_months)
            else (cohorts.birth_month || '-01')::date
        end as expected_from,
        (cohorts.birth_month || '-01')::date + to_months(registers.grace_months) as expected_to
    from cohorts
    cross join registers
    left join rolls on registers.feed = rolls.feed
),

in_periods as (
    select
        * exclude (expected_from, expected_to, period_length),
        strftime(expected_from, '%Y-%m')[1:period_length] as expected_from,
        strftime(expected_to, '%Y-%m')[1:period_length] as expected_to
    from expected
),

final as (
    select
        birth_month,
        register,
        catchment,
        expected_from,
        expected_to,
        case
            when first_period is null or expected_from < first_period then 'before_the_roll'
            when due_through is null or due_through < expected_to then 'not_yet'
            else 'due'
        end as dueness
    from in_periods
)

select * from final
