{# A number of days as one of the bands whose upper limits stand in dbt_project.yml; null where it is below zero. #}
{% macro days_band(days) -%}
    case
        when {{ days }} < 0 then null
        {%- for limit in var('registration_band_days') %}
        when {{ days }} <= {{ limit }} then '{{ loop.previtem | default(-1) | int + 1 }}-{{ limit }}'
        {%- endfor %}
        when {{ days }} is not null then 'over_{{ var('registration_band_days') | last }}'
    end
{%- endmacro %}
