-- the records of all children together are the records that linkage read, none twice
{{ config(tags=['after_linkage']) }}
with

linked as (select count(*) as record_count from {{ source('linkage', 'child_records') }}),

resolved as (select coalesce(sum(record_count), 0) as record_count from {{ ref('int_children_resolved') }})

select
    linked.record_count as linked_count,
    resolved.record_count as resolved_count
from linked
cross join resolved
where linked.record_count <> resolved.record_count
