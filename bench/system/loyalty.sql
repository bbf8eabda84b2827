-- name: programs
-- A programme of all customers, and many that share them.
INSERT INTO loyalty_definitions_program (id, key, created_at)
SELECT pg_temp.numbered('018c0000', n), 'bench_' || n, now() FROM generate_series(0, %(programs)s) AS n
ON CONFLICT DO NOTHING

-- name: members
-- All customers, from one number to another, as members of the one programme, and each of one of the many.
INSERT INTO loyalty_ledger_member (id, program_id, customer_id, code, state, enrolled_at, enrolled_by)
SELECT pg_temp.numbered(of.members, n), pg_temp.numbered('018c0000', of.program), pg_temp.numbered('01890000', n),
    of.members || n, 'active', now(), 'system:bench'
FROM generate_series(%(first)s, %(last)s) AS n
CROSS JOIN LATERAL (VALUES ('018d0000', 0), ('018d0001', 1 + n %% %(programs)s)) AS of (members, program)

-- name: accounts
-- Their accounts.
INSERT INTO loyalty_ledger_account (id, member_id, currency)
SELECT pg_temp.numbered(of.accounts, n), pg_temp.numbered(of.members, n), 'points'
FROM generate_series(%(first)s, %(last)s) AS n
CROSS JOIN (VALUES ('018e0000', '018d0000'), ('018e0001', '018d0001')) AS of (accounts, members)

-- name: is_filled
-- Whether the last of them is there.
SELECT EXISTS (SELECT FROM loyalty_ledger_account WHERE id = pg_temp.numbered('018e0001', %(customers)s))

-- name: yardstick
-- The tables of the bare transaction, as those of pgbench.
DROP TABLE IF EXISTS bench_account, bench_history;
CREATE TABLE bench_account (number integer PRIMARY KEY, balance integer, filler char(84)) WITH (fillfactor = 100);
CREATE TABLE bench_history (account integer, delta integer, at timestamptz, filler char(22));
INSERT INTO bench_account SELECT n, 0, '' FROM generate_series(1, %(customers)s) AS n

-- name: update_account
-- The bare transaction's update.
UPDATE bench_account SET balance = balance + :delta WHERE number = :number

-- name: insert_history
-- And its insert.
INSERT INTO bench_history (account, delta, at) VALUES (:number, :delta, now())

-- name: posted
-- How many transactions there are of a kind.
SELECT count(*) FROM loyalty_ledger_transaction WHERE kind = %(kind)s

-- name: lot_of
-- The lot from which a member's points are taken first.
SELECT id::text FROM loyalty_ledger_lot WHERE account_id = %(account)s AND is_open
ORDER BY expires_at NULLS LAST, granted_at, id LIMIT 1

-- name: rows_of_transaction
-- What was posted at a moment: transactions.
SELECT * FROM loyalty_ledger_transaction WHERE posted_at = %(at)s

-- name: rows_of_entry
-- Their entries.
SELECT entry.* FROM loyalty_ledger_entry AS entry
JOIN loyalty_ledger_transaction AS header ON header.id = entry.transaction_id WHERE header.posted_at = %(at)s

-- name: rows_of_lot
-- The lots that they granted.
SELECT lot.* FROM loyalty_ledger_lot AS lot WHERE lot.granted_at = %(at)s

-- name: rows_of_event
-- What the stream was told of them.
SELECT * FROM stream_event WHERE received_at = %(at)s AND source = 'loyalty'
