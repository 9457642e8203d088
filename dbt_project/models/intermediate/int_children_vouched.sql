{{ config(tags=['after_linkage']) }}

with

records as (select * from {{ ref('int_child_records_linked') }}),

child_registers as (
    select * from {{ ref('int_child_registers') }}
    where is_due and catchment = 'residence'
),

obligations as (select * from {{ source('accountability', 'obligations') }}),

settings as (
    select
        max(value) filter (where name = 'gap_sole_spread') as spread,
        max(value) filter (where name = 'gap_sole_allowance') as allowance,
        max(value) filter (where name = 'gap_prior_children') as prior_children
    from {{ source('publish', 'settings') }}
),

feeds_of_units as (
    select distinct
        unit_code,
        feed
    from obligations
),

-- which registers of a unit hold the child
held_by_units as (
    select
        child_id,
        unit_code,
        string_agg(distinct feed, ' ' order by feed) as signature,
        count(*) over (partition by child_id) as unit_count
    from records
    group by child_id, unit_code
),

-- somebody else should know of it too: it is due in a register of residents that this unit does not keep
due_elsewhere as (
    select distinct
        held_by_units.child_id,
        held_by_units.unit_code
    from held_by_units
    inner join child_registers on held_by_units.child_id = child_registers.child_id
    anti join feeds_of_units
        on held_by_units.unit_code = feeds_of_units.unit_code and child_registers.register = feeds_of_units.feed
),

looked_at as (
    select
        held_by_units.*,
        held_by_units.unit_count = 1 as is_sole
    from held_by_units
    inner join due_elsewhere
        on held_by_units.child_id = due_elsewhere.child_id and held_by_units.unit_code = due_elsewhere.unit_code
),

cells as (
    select
        unit_code,
        signature,
        count(*) as children,
        count(*) filter (where is_sole) as sole
    from looked_at
    group by unit_code, signature
),

-- what units that keep the same registers show, this one left out
others as (
    select
        *,
        sum(children) over (partition by signature) - children as others_children,
        sum(sole) over (partition by signature) - sole as others_sole,
        (sum(sole) over () - sole) / greatest(sum(children) over () - children, 1) as overall_share
    from cells
),

-- as many children known to this unit alone are genuine as the others would have, with what units may differ in
judged as (
    select
        others.unit_code,
        others.signature,
        others.children,
        others.sole,
        others.children * (others.others_sole + settings.prior_children * others.overall_share)
        / (others.others_children + settings.prior_children) as expected_sole,
        settings.allowance,
        settings.spread
    from others
    cross join settings
),

credible as (
    select
        *,
        least(sole, expected_sole * exp(spread) + allowance) as genuine_sole
    from judged
),

-- where nobody else should know of the child, that nobody does says nothing: the unit's own share of doubt counts
units as (
    select
        unit_code,
        1 - sum(sole - genuine_sole) / sum(children) as genuine_share
    from credible
    group by unit_code
),

final as (
    select
        held_by_units.child_id,
        held_by_units.unit_count::integer as unit_count,
        case when held_by_units.unit_count = 1 then held_by_units.unit_code end as only_unit_code,
        round(
            case
                when held_by_units.unit_count > 1 then 1
                when due_elsewhere.child_id is null then coalesce(units.genuine_share, 1)
                else coalesce(credible.genuine_sole / credible.sole, 1)
            end, 4
        ) as genuine_probability
    from held_by_units
    left join due_elsewhere
        on held_by_units.child_id = due_elsewhere.child_id and held_by_units.unit_code = due_elsewhere.unit_code
    left join credible
        on held_by_units.unit_code = credible.unit_code and held_by_units.signature = credible.signature
    left join units on held_by_units.unit_code = units.unit_code
    qualify row_number() over (partition by held_by_units.child_id order by held_by_units.unit_code) = 1
)

select * from final
