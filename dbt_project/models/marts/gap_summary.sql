with

gaps as (select * from {{ ref('int_gaps_explained') }}),

final as (
    select
        birth_month,
        township_code,
        register,
        reason,
        count(*)::integer as children
    from gaps
    group by birth_month, township_code, register, reason
)

select * from final
