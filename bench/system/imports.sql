-- name: rows_done
-- How far the import that runs has come.
SELECT rows_done FROM imports_import WHERE state = 'running' ORDER BY created_at DESC LIMIT 1
