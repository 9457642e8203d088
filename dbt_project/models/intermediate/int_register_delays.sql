{{ config(tags=['after_linkage']) }}

with

records as (select * from {{ ref('int_child_records_linked') }}),

children as (
    select
        child_id,
        birth_month
    from {{ ref('int_children_resolved') }}
    where birth_month is not null
),

registers as (
    select * from {{ source('accountability', 'registers') }}
    where kind = 'birth' and due_every = 'month' and due_through is not null
),

rolls as (
    select
        feed,
        min(period) as first_period
    from {{ source('accountability', 'obligations') }}
    group by feed
),

settings as (
    select max(value) as prior_children from {{ source('publish', 'settings') }}
    where name = 'gap_prior_children'
),

registers_of_birth as (
    select count(*) as register_count from {{ source('accountability', 'registers') }}
    where kind = 'birth'
),

holdings as (
    select
        records.child_id,
        count(distinct records.feed) as register_count
    from records
    inner join registers on records.feed = registers.feed
    group by records.child_id
),

-- of children born since the roll began: the first month whose submission held them, and the last that could have
first_held as (
    select
        records.feed as register,
        2 * (any_value(holdings.register_count) - 1) <= any_value(registers_of_birth.register_count) - 1
            as is_hardly_known,
        greatest(
            date_diff('month', (children.birth_month || '-01')::date, (min(records.period) || '-01')::date), 0
        ) as months,
        date_diff('month', (children.birth_month || '-01')::date, (registers.due_through || '-01')::date)
            as observable_months
    from records
    inner join children on records.child_id = children.child_id
    inner join registers on records.feed = registers.feed
    inner join rolls on records.feed = rolls.feed
    inner join holdings on records.child_id = holdings.child_id
    cross join registers_of_birth
    where children.birth_month between rolls.first_period and registers.due_through
    group by records.child_id, records.feed, children.birth_month, registers.due_through
    having min(records.period) <= registers.due_through
),

held as (
    select
        register,
        is_hardly_known,
        months,
        count(*) as children
    from first_held
    group by register, is_hardly_known, months
),

spans as (
    select
        longest.register,
        known_groups.is_hardly_known,
        unnest(generate_series(0, longest.months)) as months
    from (
        select
            register,
            max(observable_months) as months
        from first_held
        group by register
    ) as longest
    cross join (values (false), (true)) as known_groups (is_hardly_known)
),

-- right truncation: of those registered by then whose cohort is old enough to have been seen so late
at_risk as (
    select
        spans.register,
        spans.is_hardly_known,
        spans.months,
        coalesce(any_value(held.children), 0) as children,
        count(first_held.register) as at_risk
    from spans
    left join held
        on
            spans.register = held.register
            and spans.is_hardly_known = held.is_hardly_known
            and spans.months = held.months
    left join first_held
        on
            spans.register = first_held.register
            and spans.is_hardly_known = first_held.is_hardly_known
            and spans.months >= first_held.months
            and spans.months <= first_held.observable_months
    group by spans.register, spans.is_hardly_known, spans.months
),

-- either group is drawn to both together, which count in it as so many children
hazards as (
    select
        at_risk.register,
        at_risk.is_hardly_known,
        at_risk.months,
        (
            at_risk.children
            + settings.prior_children
            * sum(at_risk.children) over both_groups / greatest(sum(at_risk.at_risk) over both_groups, 1)
        ) / (at_risk.at_risk + settings.prior_children) as hazard
    from at_risk
    cross join settings
    window both_groups as (partition by at_risk.register, at_risk.months)
),

-- the reverse-time hazard's product (Lagakos, Barraj and De Gruttola 1988)
cumulative as (
    select
        register,
        is_hardly_known,
        months,
        coalesce(
            exp(
                sum(ln(greatest(1 - hazard, 1e-9))) over (
                    partition by register, is_hardly_known
                    order by months
                    rows between 1 following and unbounded following
                )
            ),
            1
        ) as registered_share
    from hazards
),

final as (
    select
        register,
        is_hardly_known,
        months::integer as months,
        round(registered_share, 6) as registered_share,
        round(
            registered_share
            - coalesce(lag(registered_share) over (partition by register, is_hardly_known order by months), 0), 6
        ) as month_share
    from cumulative
)

select * from final
