{{ config(tags=['after_linkage']) }}
select
    unit_code,
    feed,
    period,
    status
from {{ source('accountability', 'obligations') }}
except
select
    unit_code,
    feed,
    period,
    status
from {{ ref('submissions') }}
