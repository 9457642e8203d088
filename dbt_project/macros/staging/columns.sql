{# Columns that staging models share, named as in int_records_standardised. Each reads joins of look_ups(). #}

{# What every record has. #}
{% macro record_columns(agency) -%}
records.record_key,
    records.feed,
    '{{ agency }}' as agency,
    records.unit_code,
    records.period,
    records.record_no,
    records.revision_id,
    records.row_no,
    records.received_on,
    records.is_set_aside,
    records.identical_row_count
{%- endmacro %}

{# A child's name, or what stands for it. #}
{% macro child_name_columns() -%}
child_name.name_std as child_name_std,
    child_name.surname as child_surname,
    child_name.given_name as child_given_name,
    child_name.name_pinyin as child_name_pinyin,
    child_name.given_pinyin as child_given_pinyin,
    child_name.is_placeholder,
    child_name.placeholder_parent,
    child_name.placeholder_sex,
    child_name.placeholder_rank,
    child_name.placeholder_nickname as child_nickname
{%- endmacro %}

{# A person's name, of a column <person>_name. #}
{% macro name_columns(person) -%}
{{ person }}_name.name_std as {{ person }}_name_std,
    {{ person }}_name.name_pinyin as {{ person }}_name_pinyin
{%- endmacro %}

{# A person's id number, of a column <person>_id_no. #}
{% macro id_no_columns(person) -%}
{{ person }}_id_no.id_no_std as {{ person }}_id_no,
    {{ person }}_id_no.is_valid as {{ person }}_id_no_is_valid
{%- endmacro %}

{# When a child was born, by the given column. #}
{% macro birth_columns(column) -%}
{{ column }}.date_std as birth_date,
    {{ column }}.minute_of_day as birth_minute,
    {{ column }}.lunar_as_solar as birth_date_lunar_as_solar
{%- endmacro %}

{# Where the record says the family lives. #}
{% macro place_columns() -%}
place.township_code,
    place.village_code,
    place.village_name_std,
    place.is_in_county
{%- endmacro %}
