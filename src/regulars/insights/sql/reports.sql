-- name: left_alone
-- Reports that are to be made, and for which no job waits or runs: their job was given up, or the database was away.
SELECT report.id
FROM insights_kept_report AS report
WHERE report.state IN ('waiting', 'running') AND NOT EXISTS (
    SELECT FROM procrastinate_jobs AS job
    WHERE job.task_name = %(task)s AND job.status IN ('todo', 'doing') AND job.args ->> 'report_id' = report.id::text
)
ORDER BY report.requested_at, report.id
