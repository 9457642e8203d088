{{ config(tags=['after_linkage']) }}

with

children as (select * from {{ ref('int_children_resolved') }}),

records as (select * from {{ ref('int_child_records_linked') }}),

child_registers as (select * from {{ ref('int_child_registers') }}),

evidence as (
    select distinct child_id from {{ ref('int_gap_evidence') }}
    where catchment = 'provider' and is_shown_elsewhere
),

-- the first reason for which a register's record of a child is not one of its cohort of residents
placed as (
    select
        records.feed as register,
        records.child_id,
        children.birth_month[1:4] as cohort,
        children.township_code,
        case
            when children.birth_month is null then 'birth_month_unknown'
            when not children.is_resident then 'non_resident'
            when child_registers.dueness = 'before_the_roll' then 'other_cohort'
            when evidence.child_id is not null then 'resident_born_elsewhere'
            else 'resident'
        end as standing
    from records
    inner join children on records.child_id = children.child_id
    inner join child_registers
        on records.child_id = child_registers.child_id and records.feed = child_registers.register
    left join evidence on records.child_id = evidence.child_id
),

final as (
    select
        cohort,
        township_code,
        register,
        standing,
        count(*)::integer as records,
        count(distinct child_id)::integer as children
    from placed
    group by cohort, township_code, register, standing
)

select * from final
