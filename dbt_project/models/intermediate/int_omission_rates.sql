{{ config(tags=['after_linkage']) }}

with

child_registers as (
    select * from {{ ref('int_child_registers') }}
    where is_due
),

evidence as (
    select * from {{ ref('int_gap_evidence') }}
    where
        is_due and not is_undecided and not is_shown_elsewhere and not has_moved
),

records as (select * from {{ ref('int_child_records_linked') }}),

delays as (select * from {{ ref('int_register_delays') }}),

registers as (select * from {{ source('accountability', 'registers') }}),

birth_registers as (
    select count(*) as register_count from registers
    where kind = 'birth'
),

settings as (
    select
        max(value) filter (where name = 'gap_prior_children') as prior_children,
        max(value) filter (where name = 'gap_usual_omitted_share') as usual_share
    from {{ source('publish', 'settings') }}
),

feeds_held as (
    select
        records.child_id,
        list_sort(list(distinct records.feed)) as feeds,
        2 * (count(distinct records.feed) - 1) <= any_value(birth_registers.register_count) - 1 as is_hardly_known
    from records
    inner join registers on records.feed = registers.feed and registers.kind = 'birth'
    cross join birth_registers
    group by records.child_id
),

-- each child that is held stands for those of its age who come later, too
held as (
    select
        child_registers.register,
        child_registers.township_code,
        array_to_string(list_filter(feeds_held.feeds, feed -> feed <> child_registers.register), ' ') as holders,
        1.0 as children,
        -coalesce(1 / nullif(delays.registered_share, 0) - 1, 0) as omitted
    from child_registers
    inner join registers on child_registers.register = registers.feed
    left join feeds_held on child_registers.child_id = feeds_held.child_id
    left join delays
        on
            child_registers.register = delays.register
            and feeds_held.is_hardly_known = delays.is_hardly_known
            and registers.due_every = 'month'
            and delays.months = date_diff(
                'month', (child_registers.birth_month || '-01')::date, try_cast(registers.due_through || '-01' as date)
            )
    where child_registers.status = 'held'
),

-- each child that is not held counts as far as it is genuine, was born here, and no missing submission may hold it
missed as (
    select
        register,
        township_code,
        holders,
        genuine_probability * (1 - elsewhere_probability) * (1 - death_probability) * (1 - missing_share) as children,
        genuine_probability * (1 - elsewhere_probability) * (1 - death_probability) * (1 - missing_share) as omitted
    from evidence
),

counted as (
    select * from held
    where holders <> ''
    union all by name
    select * from missed
),

cells as (
    select
        register,
        holders,
        coalesce(township_code, '') as township_code,
        -- in an order of their own: sums of fractions depend on it in their last digit
        sum(children order by children) as children,
        least(
            greatest(sum(omitted order by omitted), 0), sum(children order by children)
        ) as omitted
    from counted
    group by all
    having sum(children) > 0
),

by_register as (
    select
        cells.register,
        (sum(cells.omitted order by cells.omitted) + any_value(settings.prior_children * settings.usual_share))
        / (sum(cells.children order by cells.children) + any_value(settings.prior_children)) as omitted_share
    from cells
    cross join settings
    group by cells.register
),

by_holders as (
    select
        cells.register,
        cells.holders,
        sum(cells.children order by cells.children) as children,
        sum(cells.omitted order by cells.omitted) as omitted
    from cells
    group by cells.register, cells.holders
),

-- how much the cells of a register differ beyond chance decides how much of each is its own (moments of the
-- beta-binomial, Kleinman 1973)
holders_shrunk as (
    {{ shrunken_shares('by_holders', 'by_register', group='register', cell='holders') }}
),

township_shrunk as (
    {{ shrunken_shares('cells', 'holders_shrunk', group='register, holders', cell='township_code', pooled='register') }}
),

-- and a row for children whose township, or whose like, nobody has seen
final as (
    select
        register,
        holders,
        township_code,
        omitted_share
    from township_shrunk
    where township_code <> ''
    union all by name
    select
        register,
        holders,
        null as township_code,
        omitted_share
    from holders_shrunk
    union all by name
    select
        register,
        null as holders,
        null as township_code,
        omitted_share
    from by_register
)

select * from final
