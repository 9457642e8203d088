{#
    One value per child out of what its records say: first the stronger evidence, then the value that most registers
    (not records: a register may hold a child twice) give, then the closer witness, then most records, then the
    lowest or highest value, so that a tie is always decided alike.

    relation: rows with child_id, feed and the columns named next
    value: column with the value; its nulls say nothing and are left out
    evidence, witness: columns with a number, higher is stronger
    ties: 'asc' or 'desc'
#}
{% macro most_believed(relation, value, evidence, witness='0', ties='asc') %}
    select
        child_id,
        {{ value }}
    from (
        select
            child_id,
            {{ value }},
            max({{ evidence }}) as strongest,
            count(distinct feed) as register_count,
            max({{ witness }}) as closest,
            count(*) as record_count
        from {{ relation }}
        where {{ value }} is not null
        group by child_id, {{ value }}
    )
    qualify row_number() over (
        partition by child_id
        order by strongest desc, register_count desc, closest desc, record_count desc, {{ value }} {{ ties }}
    ) = 1
{% endmacro %}
