with

-- what is broken stays so; of coverage alone it may be mended later, and then others are measured by what was in time
mended_never as (
    select * from {{ ref('timeliness') }}
    union all
    select * from {{ ref('item_completeness') }}
    union all
    select * from {{ ref('validity') }}
    union all
    select * from {{ ref('uniqueness') }}
    union all
    select * from {{ ref('consistency') }}
),

final as (
    select
        *,
        failed as failed_in_time
    from mended_never
    union all by name
    select * from {{ ref('coverage') }}
)

select * from final
