with

child_registers as (select * from {{ ref('int_child_registers') }}),

counted as (
    select
        birth_month,
        township_code,
        register,
        count(*)::integer as children_known,
        count(*) filter (where is_due)::integer as children_due,
        count(*) filter (where is_due and status = 'held')::integer as children_held,
        count(*) filter (where not is_due and status = 'held')::integer as children_held_not_due
    from child_registers
    group by birth_month, township_code, register
),

final as (
    select
        *,
        -- nobody due: null, which division by zero gives
        children_held / nullif(children_due, 0)::double as coverage
    from counted
)

select * from final
