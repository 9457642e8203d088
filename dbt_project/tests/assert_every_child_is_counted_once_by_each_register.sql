-- coverage knows every child, and whom a register does not hold has exactly one reason
{{ config(tags=['after_linkage']) }}
with

children as (select count(*) as children_count from {{ ref('children') }}),

known as (
    select
        register,
        sum(children_known) as known_count,
        sum(children_held + children_held_not_due) as held_count
    from {{ ref('register_coverage') }}
    group by register
),

gaps as (
    select
        register,
        sum(children) as gap_count
    from {{ ref('gap_summary') }}
    group by register
)

select known.*
from known
cross join children
left join gaps on known.register = gaps.register
where
    known.known_count <> children.children_count
    or known.held_count + coalesce(gaps.gap_count, 0) <> children.children_count
