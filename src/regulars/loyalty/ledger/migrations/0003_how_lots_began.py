"""Keep how a lot began, where its times change: what was known earlier can then be explained later."""

from __future__ import annotations

from django.db import migrations

# A move tells a lot's new times, and its row keeps only the last. The times that it began with are kept as a move of
# its own, by the transaction that granted it, under the lot's own id. Most lots never change theirs, and need none.
BEGAN = """
CREATE FUNCTION loyalty_ledger_began() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM loyalty_ledger_lot_move WHERE id = OLD.id) THEN
        INSERT INTO loyalty_ledger_lot_move (id, lot_id, transaction_id, account_id, activates_at, expires_at)
        SELECT OLD.id, OLD.id, entry.transaction_id, entry.account_id, OLD.activates_at, OLD.expires_at
        FROM loyalty_ledger_entry AS entry
        JOIN loyalty_ledger_transaction AS header ON header.id = entry.transaction_id
        WHERE entry.lot_id = OLD.id AND entry.account_id IS NOT NULL
        ORDER BY header.position, entry.number
        LIMIT 1;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER loyalty_ledger_lot_began BEFORE UPDATE OF activates_at, expires_at ON loyalty_ledger_lot
    FOR EACH ROW WHEN (
        OLD.activates_at IS DISTINCT FROM NEW.activates_at OR OLD.expires_at IS DISTINCT FROM NEW.expires_at
    ) EXECUTE FUNCTION loyalty_ledger_began();
"""
BEGAN_REVERSE = """
DROP TRIGGER loyalty_ledger_lot_began ON loyalty_ledger_lot;
DROP FUNCTION loyalty_ledger_began();
"""


class Migration(migrations.Migration):
    """Keep how a lot began."""

    dependencies = [("loyalty_ledger", "0002_kept_by_database")]
    operations = [migrations.RunSQL(BEGAN, BEGAN_REVERSE)]
