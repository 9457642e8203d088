-- every row of a current revision is in a record; only a row that was set aside may be left out
{{ config(tags=['before_linkage']) }}
with

sent as (
    select
        null as feed,
        null as revision_id,
        null as row_no
    where false
    {%- for register in var('registers') if register.kind in ['birth', 'later_contact'] %}
    union all
    select
        '{{ register.feed }}',
        revision_id,
        row_no
    from {{ source('intake', 'raw_' ~ register.feed) }}
    {%- endfor %}
),

set_aside as (
    select distinct
        revision_id,
        row_no
    from {{ source('checks', 'set_aside_rows') }}
),

rows_by_submission as (
    select
        sent.feed,
        revisions.unit_code,
        revisions.period,
        count(*) as row_count,
        count(set_aside.row_no) as set_aside_count
    from sent
    inner join {{ source('checks', 'current_revisions') }} as revisions on sent.revision_id = revisions.revision_id
    left join set_aside
        on sent.revision_id = set_aside.revision_id and sent.row_no = set_aside.row_no
    group by sent.feed, revisions.unit_code, revisions.period
),

records_by_submission as (
    select
        feed,
        unit_code,
        period,
        sum(identical_row_count) as row_count
    from {{ ref('int_records_standardised') }}
    group by feed, unit_code, period
)

select rows_by_submission.*
from rows_by_submission
left join records_by_submission
    on
        rows_by_submission.feed = records_by_submission.feed
        and rows_by_submission.unit_code = records_by_submission.unit_code
        and rows_by_submission.period = records_by_submission.period
where
    coalesce(records_by_submission.row_count, 0) > rows_by_submission.row_count
    or coalesce(records_by_submission.row_count, 0) < rows_by_submission.row_count - rows_by_submission.set_aside_count
