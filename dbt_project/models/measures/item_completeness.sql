with

obligations as (select * from {{ source('accountability', 'obligations') }}),

results as (select * from {{ source('checks', 'results') }}),

current_revisions as (select * from {{ source('checks', 'current_revisions') }}),

row_findings as (select * from {{ source('checks', 'row_findings') }}),

late_found as (select * from {{ ref('int_late_found_records') }}),

row_checks as (
    {{ row_checks() }}
),

checks_for_blanks as (
    select * from row_checks
    where rule = 'item_missing'
),

-- births found late, and what is blank in them: rows to be judged by neither way
late_rows as (
    select
        revision_id,
        count(*) as row_count
    from late_found
    group by revision_id
),

late_blanks as (
    select
        row_findings.revision_id,
        row_findings.code,
        row_findings.column_name,
        count(*) as blank_count
    from row_findings
    inner join late_found
        on row_findings.revision_id = late_found.revision_id and row_findings.row_no = late_found.row_no
    group by row_findings.revision_id, row_findings.code, row_findings.column_name
),

counted as (
    select
        current_revisions.unit_code,
        current_revisions.feed,
        current_revisions.period,
        results.column_name,
        sum(results.failed_count - coalesce(late_blanks.blank_count, 0)) as failed,
        sum(results.evaluated_count - coalesce(late_rows.row_count, 0)) as evaluated
    from results
    inner join current_revisions on results.revision_id = current_revisions.revision_id
    inner join checks_for_blanks
        on
            results.feed = checks_for_blanks.feed
            and results.code = checks_for_blanks.code
            and results.column_name = checks_for_blanks.column_name
    left join late_rows on results.revision_id = late_rows.revision_id
    left join late_blanks
        on
            results.revision_id = late_blanks.revision_id
            and results.code = late_blanks.code
            and results.column_name = late_blanks.column_name
    group by current_revisions.unit_code, current_revisions.feed, current_revisions.period, results.column_name
),

final as (
    select
        obligations.unit_code,
        obligations.feed,
        obligations.period,
        'item_completeness' as measure,
        checks_for_blanks.rule,
        checks_for_blanks.column_name as item,
        coalesce(counted.failed, 0)::bigint as failed,
        coalesce(counted.evaluated, 0)::bigint as evaluated
    from obligations
    inner join checks_for_blanks on obligations.feed = checks_for_blanks.feed
    left join counted
        on
            obligations.unit_code = counted.unit_code
            and obligations.feed = counted.feed
            and obligations.period = counted.period
            and checks_for_blanks.column_name = counted.column_name
)

select * from final
