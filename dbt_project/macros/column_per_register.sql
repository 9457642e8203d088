{#
    One more column for each register that holds children (births and later contacts, as the contracts list them): an
    aggregate over the rows of that register.

    aggregate: SQL over rows that have a column `register`
    prefix: the column is named after it and the register's feed
#}
{% macro column_per_register(aggregate, prefix) %}
    {%- for register in var('registers') if register.kind in ('birth', 'later_contact') %}
        , {{ aggregate }} filter (where register = '{{ register.feed }}') as {{ prefix }}{{ register.feed }}
    {%- endfor %}
{% endmacro %}
