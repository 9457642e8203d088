{# Cells of births found late, of columns whose values are checked. `late_found` is the CTE of their records. #}
{% macro late_found_cells(late_found) -%}
select
    null::bigint as revision_id,
    null::varchar as column_name,
    null::varchar as cell
from {{ late_found }}
where false
{%- for register in var('registers') if register.kind in ('birth', 'later_contact') %}
{%- set columns = var('row_checks') | selectattr('feed', 'equalto', register.feed) | map(attribute='column') | unique | list %}
{%- if columns %}
union all
select
    late_found.revision_id,
    unnest([{% for column in columns %}'{{ column }}'{{ ", " if not loop.last }}{% endfor %}]) as column_name,
    unnest([{% for column in columns %}rows_as_sent."{{ column }}"{{ ", " if not loop.last }}{% endfor %}]) as cell
from {{ late_found }} as late_found
inner join {{ source('intake', 'raw_' ~ register.feed) }} as rows_as_sent
    on late_found.revision_id = rows_as_sent.revision_id and late_found.row_no = rows_as_sent.row_no
where late_found.feed = '{{ register.feed }}'
{%- endif %}
{%- endfor %}
{%- endmacro %}
