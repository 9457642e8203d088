{# Whether a period is a month (YYYY-MM) or a year (YYYY): feeds are due by one or the other. #}
{% macro period_kind(period) %}
    case when length({{ period }}) = 4 then 'year' else 'month' end
{%- endmacro %}
