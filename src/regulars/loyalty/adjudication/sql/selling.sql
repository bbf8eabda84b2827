-- name: lock_sale
-- Let nobody else keep a sale of this name until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('loyalty_adjudication.sale', 0) # hashtextextended(%(reference)s, 1))
