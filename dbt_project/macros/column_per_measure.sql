{#
    More columns for each measure of accountability (pipeline/accountability/vocabulary.py lists them).

    expressions: pairs of SQL, in which `?` stands for the measure, and what follows the measure in the column's name
#}
{% macro column_per_measure(expressions) %}
    {%- for measure in var('measures') %}
        {%- for expression, suffix in expressions %}
        , {{ expression.replace('?', measure) }} as {{ measure }}{{ suffix }}
        {%- endfor %}
    {%- endfor %}
{% endmacro %}
