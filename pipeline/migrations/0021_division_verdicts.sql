-- Of a township or department the verdict that asks for most among its units' feeds.
ALTER TABLE accountability.division_results ADD COLUMN IF NOT EXISTS verdict VARCHAR;
