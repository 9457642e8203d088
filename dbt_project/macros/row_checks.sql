{# The checks of cells, one row a check: feed, code, column_name, rule. They come from the expectations (orchestration/dbt.py). #}
{% macro row_checks() -%}
select * from (
    values
    {%- for check in var('row_checks') %}
    ('{{ check.feed }}', '{{ check.code }}', '{{ check.column }}', '{{ check.rule }}'){{ "," if not loop.last }}
    {%- endfor %}
) as checks (feed, code, column_name, rule)
{%- endmacro %}
