-- name: count_anew
-- Let a job's attempts count from here, where the import that it works on has got on since somebody took it up.
UPDATE procrastinate_jobs SET attempts = 0
WHERE id = %(job)s AND attempts > 0 AND EXISTS (
    SELECT FROM imports_import AS import WHERE import.id = %(import)s AND import.starts = 0
)

-- name: left_alone
-- Imports that are under way, and for which no job waits or runs: their job was given up, or the database was away.
SELECT import.id
FROM imports_import AS import
WHERE import.state IN ('checking', 'running') AND NOT EXISTS (
    SELECT FROM procrastinate_jobs AS job
    WHERE job.task_name = %(task)s AND job.status IN ('todo', 'doing') AND job.args ->> 'import_id' = import.id::text
)
