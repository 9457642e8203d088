{#
    Joins from `records` to the look-ups. Each join takes the name of the column that it reads, so that
    mother_name.name_pinyin is the sound of what stands in the column mother_name.

    Args: lists of columns, by kind. `places` is true where the feed has a township and a village.
#}
{% macro look_ups(feed, names=[], id_numbers=[], dates=[], phones=[], numbers=[], codes=[], places=false) -%}
{%- for table, columns in [('names', names), ('id_numbers', id_numbers), ('dates', dates), ('phones', phones)] %}
{%- for column in columns %}
left join {{ source('standardise', table) }} as {{ column }}
    on records.{{ column }} = {{ column }}.raw
{%- endfor %}
{%- endfor %}
{%- for table, columns in [('numbers', numbers), ('codes', codes)] %}
{%- for column in columns %}
left join {{ source('standardise', table) }} as {{ column }}
    on
        {{ column }}.feed = '{{ feed }}'
        and {{ column }}.column_name = '{{ column }}'
        and records.{{ column }} = {{ column }}.raw
{%- endfor %}
{%- endfor %}
{%- if places %}
left join {{ source('standardise', 'places') }} as place
    on
        coalesce(records.township_name, '') = place.township_raw
        and coalesce(records.village_name, '') = place.village_raw
{%- endif %}
{%- endmacro %}
