-- name: get
-- What is remembered under a key, if it still is.
SELECT value FROM console_remembered
WHERE digest = %(digest)s AND (until IS NULL OR until > %(now)s)

-- name: set
-- Remember something under a key, in the place of what was there.
INSERT INTO console_remembered (digest, value, until) VALUES (%(digest)s, %(value)s, %(until)s)
ON CONFLICT (digest) DO UPDATE SET value = excluded.value, until = excluded.until

-- name: add
-- Remember something under a key unless something is remembered there. Of two who ask at once, one is told that it was.
INSERT INTO console_remembered AS there (digest, value, until) VALUES (%(digest)s, %(value)s, %(until)s)
ON CONFLICT (digest) DO UPDATE SET value = excluded.value, until = excluded.until WHERE there.until <= %(now)s
RETURNING true

-- name: touch
-- Remember what is there until another moment.
UPDATE console_remembered SET until = %(until)s
WHERE digest = %(digest)s AND (until IS NULL OR until > %(now)s)
RETURNING true

-- name: delete
-- Forget what is remembered under a key.
DELETE FROM console_remembered WHERE digest = %(digest)s
RETURNING until IS NULL OR until > %(now)s

-- name: clear
-- Forget everything.
DELETE FROM console_remembered

-- name: forget_past
-- Forget what need not be remembered any more.
DELETE FROM console_remembered WHERE until <= %(now)s
RETURNING 1
