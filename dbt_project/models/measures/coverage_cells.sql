with

catchments as (select * from {{ ref('int_catchments') }}),

records as (select * from {{ ref('int_child_records_linked') }}),

child_registers as (
    select * from {{ ref('int_child_registers') }}
    where is_due and catchment = 'residence'
),

-- the register holds a record that may be the child's: neither held nor missed
undecided as (
    select * from {{ ref('int_gaps_explained') }}
    where reason = 'linkage_uncertain'
),

cohorts as (select * from {{ ref('int_cohorts_due') }}),

children as (select * from {{ ref('int_children_resolved') }}),

-- who knew of the child within the grace of its register: whom others found late counts for nobody, so that finding a
-- birth late lowers no grade
holdings as (
    select distinct
        records.child_id,
        records.feed,
        records.unit_code
    from records
    inner join children on records.child_id = children.child_id
    inner join cohorts
        on
            children.birth_month = cohorts.birth_month
            and records.feed = cohorts.register
            and records.period <= cohorts.expected_to
),

-- who is held late is held; but nobody else is measured by it
records_in_time as (
    select distinct
        child_id,
        feed
    from holdings
),

answered_for as (
    select
        catchments.unit_code,
        child_registers.child_id,
        child_registers.register,
        child_registers.expected_to,
        child_registers.status,
        records_in_time.child_id is not null as is_held_in_time
    from child_registers
    inner join catchments
        on
            child_registers.register = catchments.feed
            and child_registers.expected_to = catchments.period
            and child_registers.township_code = catchments.township_code
    left join records_in_time
        on
            child_registers.child_id = records_in_time.child_id
            and child_registers.register = records_in_time.feed
    anti join undecided
        on child_registers.child_id = undecided.child_id and child_registers.register = undecided.register
),

known_from_others as (
    select
        answered_for.unit_code,
        answered_for.register as feed,
        answered_for.expected_to as period,
        answered_for.child_id,
        answered_for.status,
        answered_for.is_held_in_time,
        count(distinct holdings.unit_code)::integer as other_units
    from answered_for
    inner join holdings
        on
            answered_for.child_id = holdings.child_id
            and answered_for.register <> holdings.feed
            and answered_for.unit_code <> holdings.unit_code
    group by all
),

final as (
    select
        unit_code,
        feed,
        period,
        other_units,
        count(*) as children,
        count(*) filter (where status <> 'held') as not_held,
        count(*) filter (where not is_held_in_time) as not_held_in_time
    from known_from_others
    group by unit_code, feed, period, other_units
)

select * from final
