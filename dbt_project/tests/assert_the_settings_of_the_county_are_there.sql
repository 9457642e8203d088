-- without them no pair would be in the review band, and nobody would notice
{{ config(tags=['after_linkage']) }}
select count(*) as settings_count
from {{ source('publish', 'settings') }}
where name in ('review_low', 'review_high')
having count(*) <> 2
