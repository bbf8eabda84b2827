-- name: lock_seals
-- Let nobody else seal until this transaction ends; whoever writes entries is not held up.
SELECT pg_advisory_xact_lock(hashtext('staff_audit_seal'))

-- name: entries_between
-- Entries after a place and before or at another, in their order.
SELECT id, at, actor, action, object_kind, object_id, details, transaction, position
FROM staff_audit_entry
WHERE (transaction, position) > (%(after_transaction)s, %(after_position)s)
    AND (transaction, position) <= (%(to_transaction)s, %(to_position)s)
ORDER BY transaction, position
LIMIT %(limit)s
