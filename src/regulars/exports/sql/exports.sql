-- name: take_up
-- Whether this connection may work on an export; it holds the lock until it lets go, or ends.
SELECT pg_try_advisory_lock(%(key)s)

-- name: let_go
-- Let another work on an export.
SELECT pg_advisory_unlock(%(key)s)

-- name: left_alone
-- Exports that are under way, and for which no job waits or runs: their job was given up, or the database was away.
SELECT export.id
FROM exports_export AS export
WHERE export.state = 'running' AND NOT EXISTS (
    SELECT FROM procrastinate_jobs AS job
    WHERE job.task_name = %(task)s AND job.status IN ('todo', 'doing') AND job.args ->> 'export_id' = export.id::text
)
