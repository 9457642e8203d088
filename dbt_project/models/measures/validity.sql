with

obligations as (select * from {{ source('accountability', 'obligations') }}),

results as (select * from {{ source('checks', 'results') }}),

row_findings as (select * from {{ source('checks', 'row_findings') }}),

set_aside_rows as (select * from {{ source('checks', 'set_aside_rows') }}),

current_revisions as (select * from {{ source('checks', 'current_revisions') }}),

late_found as (select * from {{ ref('int_late_found_records') }}),

late_found_values as (select * from {{ ref('late_found_values') }}),

row_checks as (
    {{ row_checks() }}
),

checks_of_values as (
    select * from row_checks
    where rule in ('invalid_id_number', 'invalid_value')
),

items as (
    select distinct
        feed,
        rule,
        column_name
    from checks_of_values
),

-- a value is looked at by several checks; the one that looks at most sees every value that can be judged
values_looked_at as (
    select
        results.revision_id,
        checks_of_values.rule,
        results.column_name,
        max(results.evaluated_count) as evaluated
    from results
    inner join checks_of_values
        on
            results.feed = checks_of_values.feed
            and results.code = checks_of_values.code
            and results.column_name = checks_of_values.column_name
    group by results.revision_id, checks_of_values.rule, results.column_name
),

-- and it is wrong once, however many checks it fails; births found late are rows to be judged by neither way
values_wrong as (
    select
        row_findings.revision_id,
        checks_of_values.rule,
        row_findings.column_name,
        count(distinct row_findings.row_no) as failed
    from row_findings
    inner join current_revisions on row_findings.revision_id = current_revisions.revision_id
    inner join checks_of_values
        on
            current_revisions.feed = checks_of_values.feed
            and row_findings.code = checks_of_values.code
            and row_findings.column_name = checks_of_values.column_name
    anti join late_found
        on row_findings.revision_id = late_found.revision_id and row_findings.row_no = late_found.row_no
    group by row_findings.revision_id, checks_of_values.rule, row_findings.column_name
),

counted as (
    select
        current_revisions.unit_code,
        current_revisions.feed,
        current_revisions.period,
        values_looked_at.rule,
        values_looked_at.column_name,
        sum(
            greatest(
                values_looked_at.evaluated - coalesce(late_found_values.value_count, 0),
                coalesce(values_wrong.failed, 0)
            )
        ) as evaluated,
        sum(values_wrong.failed) as failed
    from values_looked_at
    inner join current_revisions on values_looked_at.revision_id = current_revisions.revision_id
    left join values_wrong
        on
            values_looked_at.revision_id = values_wrong.revision_id
            and values_looked_at.rule = values_wrong.rule
            and values_looked_at.column_name = values_wrong.column_name
    left join late_found_values
        on
            values_looked_at.revision_id = late_found_values.revision_id
            and values_looked_at.column_name = late_found_values.column_name
    group by
        current_revisions.unit_code,
        current_revisions.feed,
        current_revisions.period,
        values_looked_at.rule,
        values_looked_at.column_name
),

-- rows that could not be cut into their columns: nothing is known of their cells
misfits as (
    select
        current_revisions.unit_code,
        current_revisions.feed,
        current_revisions.period,
        count(*) as failed
    from set_aside_rows
    inner join current_revisions on set_aside_rows.revision_id = current_revisions.revision_id
    where set_aside_rows.column_name is null
    group by current_revisions.unit_code, current_revisions.feed, current_revisions.period
),

late_rows as (
    select
        unit_code,
        feed,
        period,
        count(*) as row_count
    from late_found
    group by unit_code, feed, period
),

final as (
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period,
        'validity' as measure,
        items.rule,
        items.column_name as item,
        coalesce(counted.failed, 0)::bigint as failed,
        coalesce(counted.evaluated, 0)::bigint as evaluated
    from obligations
    inner join items on obligations.feed = items.feed
    left join counted
        on
            obligations.unit_code = counted.unit_code
            and obligations.feed = counted.feed
            and obligations.period = counted.period
            and items.rule = counted.rule
            and items.column_name = counted.column_name
    union all
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period,
        'validity' as measure,
        'invalid_value' as rule,
        'row' as item,
        coalesce(misfits.failed, 0)::bigint as failed,
        greatest(
            coalesce(obligations.row_count, 0) - coalesce(late_rows.row_count, 0), coalesce(misfits.failed, 0)
        )::bigint as evaluated
    from obligations
    left join late_rows
        on
            obligations.unit_code = late_rows.unit_code
            and obligations.feed = late_rows.feed
            and obligations.period = late_rows.period
    left join misfits
        on
            obligations.unit_code = misfits.unit_code
            and obligations.feed = misfits.feed
            and obligations.period = misfits.period
)

select * from final
