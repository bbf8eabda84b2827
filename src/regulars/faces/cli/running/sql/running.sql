-- name: look
-- What a login sees: the server's identity, and whether it may make tables.
SELECT system_identifier, has_schema_privilege('public', 'CREATE') FROM pg_control_system()

-- name: export_snapshot
-- A name under which another session sees the data of this moment.
SELECT pg_export_snapshot()

-- name: has_migrations
-- Whether Django has kept account of migrations here.
SELECT to_regclass('public.django_migrations') IS NOT NULL

-- name: migrations
-- The migrations that have been run, in their order.
SELECT app || '.' || name FROM django_migrations ORDER BY id

-- name: tables
-- The tables of the schema, partitions among them.
SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename

-- name: lock_migrating
-- Wait until nobody else migrates.
SELECT pg_advisory_lock(hashtext('regulars.migrate'))

-- name: unlock_migrating
-- Let the next one migrate.
SELECT pg_advisory_unlock(hashtext('regulars.migrate'))

-- name: partitions
-- The partitions of some tables.
SELECT child.relname
FROM pg_inherits
JOIN pg_class AS child ON child.oid = inhrelid
JOIN pg_class AS parent ON parent.oid = inhparent
WHERE parent.relkind = 'p' AND child.relkind = 'r' AND parent.relname = ANY(%(tables)s)

-- name: changeable
-- Those of some tables that this login could change or delete rows of.
SELECT tablename FROM unnest(%(tables)s::text[]) AS append_only (tablename)
WHERE has_table_privilege(tablename, 'UPDATE') OR has_table_privilege(tablename, 'DELETE')
    OR has_table_privilege(tablename, 'TRUNCATE')
ORDER BY tablename

-- name: writable
-- Whether this login can write any table of the schema.
SELECT EXISTS (
    SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND has_table_privilege(
        quote_ident(schemaname) || '.' || quote_ident(tablename), 'INSERT, UPDATE, DELETE, TRUNCATE'
    )
)

-- name: clock
-- The database's time.
SELECT clock_timestamp()

-- name: owe_nothing
-- Let no account owe anything, once all lots are gone.
UPDATE loyalty_ledger_account SET debt = 0 WHERE debt > 0

-- name: allow_erasing
-- Until the end of this transaction let what is append-only be deleted.
SELECT set_config('regulars.erasing', 'on', TRUE)

-- name: forget_notices
-- Let what loyalty told once, by keys, be told again.
DELETE FROM stream_key WHERE source = 'loyalty'
