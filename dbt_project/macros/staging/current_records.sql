{#
    The records of a feed: rows of current revisions, each with its key.

    A row that is set aside (a required cell is blank) counts against its unit, yet it is a register's entry of a
    child and stays one: it is left out only where its record number cannot be read, or its cells do not fit the
    header's columns.

    Within a submission rows that are alike in every contracted cell are one record; rows that share the record
    number and differ are records of their own, numbered by their content, so that no order of arrival matters.

    Args:
        feed: the contract's name; its raw table is the source intake.raw_<feed>.
        record_no: the column of the record number.
#}
{% macro current_records(feed, record_no) -%}
select
    * exclude (content),
    {{ record_key(["'" ~ feed ~ "'", 'unit_code', 'period', 'record_no', 'occurrence']) }} as record_key
from (
    select
        *,
        -- how often the unit sent this very row for this period
        cast(count(*) over (partition by unit_code, period, content) as integer) as identical_row_count,
        dense_rank() over (partition by unit_code, period, record_no order by content) as occurrence
    from (
        select
            rows_as_sent.* exclude (content),
            '{{ feed }}' as feed,
            revisions.unit_code,
            revisions.period,
            revisions.arrived_at,
            cast(revisions.arrived_at as date) as received_on,
            {{ cleaned_code(record_no) }} as record_no,
            set_aside.revision_id is not null as is_set_aside,
            rows_as_sent.content
        from (
            select
                *,
                md5(cast(list_value(*columns(* exclude (revision_id, row_no, sheet, line, is_misfit))) as varchar)) as content
            from {{ source('intake', 'raw_' ~ feed) }}
        ) as rows_as_sent
        inner join {{ source('checks', 'current_revisions') }} as revisions
            on rows_as_sent.revision_id = revisions.revision_id
        left join (
            select
                revision_id,
                row_no,
                bool_or(column_name = '{{ record_no }}' or code = 'too_many_cells') as is_unusable
            from {{ source('checks', 'set_aside_rows') }}
            group by revision_id, row_no
        ) as set_aside
            on
                rows_as_sent.revision_id = set_aside.revision_id
                and rows_as_sent.row_no = set_aside.row_no
        where
            not coalesce(set_aside.is_unusable, false)
            and {{ cleaned_code(record_no) }} <> ''
    )
    qualify row_number() over (partition by unit_code, period, content order by arrived_at, revision_id, row_no) = 1
)
{%- endmacro %}

{# A positive 63-bit integer from the parts of a record's natural key. #}
{% macro record_key(parts) -%}
cast(md5_number_lower({{ parts | join(" || '|' || ") }}) >> 1 as bigint)
{%- endmacro %}

{#
    A number or code as written, without white space at its ends, full-width forms folded, and without what a spreadsheet
    put around it: ="123", '123, 123.0 (the same as pipeline.contracts.cells.unwrapped).
#}
{% macro cleaned_code(column) -%}
regexp_replace(
    regexp_replace(
        regexp_replace(
            trim(translate({{ column }}, {{ full_width() }}, {{ half_width() }})), '^=\s*["'']([^"'']*)["'']$', '\1'
        ),
        '^[''‘’`]+([0-9A-Za-z])', '\1'
    ),
    '^([0-9]{4,})\.0*$', '\1'
)
{%- endmacro %}

{% macro full_width() -%}
'０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ－　'
{%- endmacro %}

{% macro half_width() -%}
'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz- '
{%- endmacro %}
