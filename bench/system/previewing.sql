-- name: publish
-- All customers became members before the orders that are looked at.
UPDATE loyalty_ledger_member SET enrolled_at = now() - interval '1 hour'
WHERE program_id = (SELECT id FROM loyalty_definitions_program WHERE key = %(program)s)
    AND enrolled_at > now() - interval '1 hour'

-- name: withdraw
-- Take the published rules back, which no Regulars does.
ALTER TABLE loyalty_definitions_version DISABLE TRIGGER loyalty_definitions_version_published;
DELETE FROM loyalty_definitions_version
WHERE program_id = (SELECT id FROM loyalty_definitions_program WHERE key = %(program)s);
ALTER TABLE loyalty_definitions_version ENABLE TRIGGER loyalty_definitions_version_published
