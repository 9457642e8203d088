with

children as (select * from {{ ref('int_children_resolved') }}),

child_keys as (select * from {{ source('publish', 'child_keys') }}),

statuses as (select * from {{ ref('int_child_registers') }}),

held as (
    select  -- noqa: LT09, the other columns follow the contracts
        child_id
        {{ column_per_register('max(status)', 'in_') }}
    from statuses
    group by child_id
),

final as (
    select
        child_keys.child_key,
        children.birth_month,
        children.sex,
        children.township_code,
        children.is_resident,
        children.plurality,
        held.* exclude (child_id),
        children.record_count,
        {{ days_band('children.days_to_registration') }} as days_to_registration_band
    from children
    left join child_keys on children.child_id = child_keys.child_id
    left join held on children.child_id = held.child_id
)

select * from final
