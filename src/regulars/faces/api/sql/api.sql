-- name: count_call
-- Count a call of a key in a window of time, and return how many there have been in it.
INSERT INTO api_allowance AS allowance (api_key_id, time_window, used)
VALUES (%(api_key_id)s, %(window)s, 1)
ON CONFLICT (api_key_id) DO UPDATE SET
    used = CASE WHEN allowance.time_window < excluded.time_window THEN 1 ELSE allowance.used + 1 END,
    time_window = GREATEST(allowance.time_window, excluded.time_window)
RETURNING used

-- name: last_windows
-- The last window in which each key has called.
SELECT api_key_id, time_window FROM api_allowance

-- name: claim_key
-- Claim an idempotency key for this transaction. Where another transaction has claimed it and runs, wait for its end, at
-- most so long; nothing is returned where the key has been used.
WITH patience AS (SELECT set_config('lock_timeout', %(lock_timeout)s, true))
INSERT INTO api_idempotency_key (api_key_id, key, request_digest, created_at)
SELECT %(api_key_id)s, %(key)s, %(request_digest)s, %(now)s FROM patience
ON CONFLICT DO NOTHING
RETURNING true

-- name: find_answer
-- What was asked under an idempotency key, and what was answered.
SELECT request_digest, status, content_type, body FROM api_idempotency_key
WHERE api_key_id = %(api_key_id)s AND key = %(key)s

-- name: keep_answer
-- Keep what was answered under the key that this transaction has claimed.
UPDATE api_idempotency_key SET status = %(status)s, content_type = %(content_type)s, body = %(body)s
WHERE api_key_id = %(api_key_id)s AND key = %(key)s

-- name: forget_keys
-- Forget some of the keys that were used before a moment.
DELETE FROM api_idempotency_key WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM api_idempotency_key WHERE created_at < %(before)s LIMIT %(limit)s
))
RETURNING 1
