-- name: count_anew
-- Let a job's attempts count from here, where the export that it works on has got on since somebody took it up.
UPDATE procrastinate_jobs SET attempts = 0
WHERE id = %(job)s AND attempts > 0 AND EXISTS (
    SELECT FROM exports_export AS export WHERE export.id = %(export)s AND export.starts = 0
)

-- name: left_alone
-- Exports that are under way, and for which no job waits or runs: their job was given up, or the database was away.
SELECT export.id
FROM exports_export AS export
WHERE export.state = 'running' AND NOT EXISTS (
    SELECT FROM procrastinate_jobs AS job
    WHERE job.task_name = %(task)s AND job.status IN ('todo', 'doing') AND job.args ->> 'export_id' = export.id::text
)
