{#
    Every register of the given kinds in one shape: the columns of the calling model's own contract.

    Staging models are joined by column name, after an empty relation that has every column with its type: a
    register that lacks a column gives nulls for it, and what only one register has is left out.
#}
{% macro union_registers(kinds) -%}
{%- set shape = model.columns.values() -%}
select {{ shape | map(attribute='name') | join(', ') }}
from (
    select
        {%- for column in shape %}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
        {%- endfor %}
    where false
    {%- for register in var('registers') if register.kind in kinds %}
    union all by name
    select * from {{ ref(register.model) }}
    {%- endfor %}
)
{%- endmacro %}
