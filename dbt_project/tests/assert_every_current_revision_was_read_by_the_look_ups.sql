-- a revision whose values are in no look-up, or not as its file was last read, would come out blank
{{ config(tags=['before_linkage']) }}
select current_revisions.revision_id
from {{ source('checks', 'current_revisions') }} as current_revisions
inner join {{ source('intake', 'receipts') }} as receipts on current_revisions.revision_id = receipts.receipt_no
anti join {{ source('standardise', 'revisions') }} as read_revisions
    on receipts.receipt_no = read_revisions.revision_id and receipts.reading_no = read_revisions.reading_no
