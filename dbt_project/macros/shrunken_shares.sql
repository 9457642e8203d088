{#
    Shares of cells, drawn to the share of what they are part of: an empirical-Bayes estimate whose prior counts as
    many children as the cells' own spread says (moments of the beta-binomial: Kleinman 1973, J. Am. Stat. Assoc. 68).

    cells: relation with children, omitted, the columns of `group`, and `cell`
    parents: relation with the columns of `group` and `omitted_share`
    pooled: columns over which one spread is measured; by default those of `group`
#}
{% macro shrunken_shares(cells, parents, group, cell, pooled=none) %}
    {%- set of_group = group.split(', ') %}
    {%- set of_pool = (pooled or group).split(', ') %}
    select
        {%- for column in of_group %}
        deviations.{{ column }},
        {%- endfor %}
        deviations.{{ cell }},
        deviations.children,
        (deviations.omitted + spreads.prior_children * deviations.omitted_share)
        / (deviations.children + spreads.prior_children) as omitted_share
    from (
        select
            members.*,
            parents.omitted_share
        from {{ cells }} as members
        inner join {{ parents }} as parents on
            {%- for column in of_group %}
            {{ 'and ' if not loop.first }}members.{{ column }} = parents.{{ column }}
            {%- endfor %}
    ) as deviations
    inner join (
        select
            {{ of_pool | join(', ') }},
            -- no spread at all: a thousand children of the cell move it half-way; the widest: one does
            1 / least(greatest(
                sum(squares - expected_once order by squares - expected_once)
                / nullif(sum(expected_more order by expected_more), 0), 0.001
            ), 0.5) - 1 as prior_children
        from (
            select
                {{ group }},
                sum(
                    members.children * (members.omitted / members.children - parents.omitted_share) ** 2
                    order by members.children, members.omitted
                ) as squares,
                any_value(parents.omitted_share * (1 - parents.omitted_share)) * (count(*) - 1) as expected_once,
                any_value(parents.omitted_share * (1 - parents.omitted_share))
                * (
                    sum(members.children order by members.children)
                    - sum(members.children ** 2 order by members.children)
                    / sum(members.children order by members.children) - (count(*) - 1)
                ) as expected_more
            from {{ cells }} as members
            inner join {{ parents }} as parents using ({{ group }})
            group by {{ group }}
        )
        group by {{ of_pool | join(', ') }}
    ) as spreads on
        {%- for column in of_pool %}
        {{ 'and ' if not loop.first }}deviations.{{ column }} = spreads.{{ column }}
        {%- endfor %}
{% endmacro %}
