-- Contents that orders of the ledger removed, as they were past their time: their rows are gone from the raw tables,
-- their receipts, states and counts stay.
CREATE TABLE intake.removals (
    receipt_no BIGINT NOT NULL,             -- the receipt whose content was removed
    removal_no BIGINT NOT NULL,             -- the ledger's sequence number of the order
    removed_on DATE NOT NULL                -- as of which day it was given
);
