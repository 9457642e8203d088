-- a view: a night is completed after its marts are built, and still stands in its own release
with

nights as (select * from {{ source('publish', 'nights') }}),

final as (
    select
        night_no,
        run_id,
        as_of,
        started_at,
        ended_at,
        records_new,
        records_changed,
        model_version,
        release
    from nights
)

select * from final
