-- The grants of gatepass: a row for each. Whoever uses it needs SELECT, INSERT and UPDATE on it, and no more.
-- It may be run again, also by many at once: the lock, which ends with the transaction, lets one in at a time.
BEGIN;
SELECT pg_advisory_xact_lock(7450489170893602);
CREATE TABLE IF NOT EXISTS gatepass_grants (
    name text PRIMARY KEY,
    -- What compare-and-swap compares: the random name of a sign-in, and the number of the write.
    family bytea NOT NULL,
    revision bigint NOT NULL,
    -- It holds tokens.
    record bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMIT;
