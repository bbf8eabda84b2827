"""What makes the database itself keep what follows from entries, and refuse what does not add up."""

from __future__ import annotations

from django.db import migrations

# Entries come in whole transactions: all of one in one statement. What they say is then added to their lots and
# accounts, so that the cached figures are the entries' sums, and the tables' own checks refuse less than nothing. A few
# entries are taken one by one, which is how most come; many at once are added up first. The login of the application
# cannot write these columns itself, therefore this runs with the owner's rights and names every table in full. Whatever
# is posted goes by index: for a batch of many the planner would read whole tables, again for each batch.
APPLY = """
CREATE FUNCTION loyalty_ledger_apply() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    entry record;
    of_transaction uuid;
    of_currency text;
    total numeric := 0;
    said integer := 0;
    remaining integer := 0;
    to_pending bigint;
    to_active bigint;
    to_reserved bigint;
    to_debt bigint;
    touched uuid[] := '{}';
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM posted LIMIT 65) AS few) > 64 THEN
        PERFORM public.loyalty_ledger_refuse('does not sum to zero') FROM posted
            GROUP BY transaction_id, currency HAVING sum(points) <> 0;
        PERFORM public.loyalty_ledger_refuse('has other entries than it says') FROM posted
            LEFT JOIN (
                public.loyalty_ledger_transaction AS header
                JOIN public.loyalty_definitions_program AS program ON program.id = header.program_id
            ) ON header.id = posted.transaction_id
            GROUP BY header.id, header.entries HAVING (count(*), max(number)) IS DISTINCT FROM (header.entries, header.entries);
        WITH changes AS (
            SELECT lot_id, account_id, currency,
                coalesce(sum(points) FILTER (WHERE state = 'pending'), 0) AS pending,
                coalesce(sum(points) FILTER (WHERE state = 'active'), 0) AS active,
                coalesce(sum(points) FILTER (WHERE state = 'reserved'), 0) AS reserved,
                -coalesce(sum(points) FILTER (WHERE state = 'debt'), 0) AS debt
            FROM posted WHERE book = 'member' GROUP BY lot_id, account_id, currency
        ),
        changed AS (
            UPDATE public.loyalty_ledger_lot AS lot
            SET pending = lot.pending + changes.pending, active = lot.active + changes.active,
                reserved = lot.reserved + changes.reserved, debt = lot.debt + changes.debt,
                is_open = lot.pending + lot.active + lot.reserved + lot.debt
                    + changes.pending + changes.active + changes.reserved + changes.debt > 0
            FROM changes
            WHERE lot.id = changes.lot_id AND lot.account_id = changes.account_id AND lot.currency = changes.currency
            RETURNING lot.id
        )
        SELECT (SELECT count(*) FROM changes) - (SELECT count(*) FROM changed) INTO remaining;
        PERFORM public.loyalty_ledger_refuse('names a lot that is not there') WHERE remaining <> 0;
        UPDATE public.loyalty_ledger_account AS account SET debt = account.debt + owed.debt
        FROM (SELECT account_id, -sum(points) AS debt FROM posted WHERE state = 'debt' GROUP BY account_id) AS owed
        WHERE account.id = owed.account_id;
        PERFORM public.loyalty_ledger_refuse('leaves active points beside a debt')
        FROM public.loyalty_ledger_account AS account
        WHERE account.debt > 0 AND account.id IN (SELECT account_id FROM posted WHERE state IN ('active', 'debt'))
            AND EXISTS (
                SELECT FROM public.loyalty_ledger_lot AS lot
                WHERE lot.account_id = account.id AND lot.is_open AND lot.active > 0
            );
        RETURN NULL;
    END IF;
    FOR entry IN SELECT * FROM posted ORDER BY transaction_id, currency, number LOOP
        IF (entry.transaction_id, entry.currency) IS DISTINCT FROM (of_transaction, of_currency) THEN
            IF total <> 0 THEN
                PERFORM public.loyalty_ledger_refuse('does not sum to zero');
            END IF;
            IF entry.transaction_id IS DISTINCT FROM of_transaction THEN
                IF remaining <> 0 THEN
                    PERFORM public.loyalty_ledger_refuse('has other entries than it says');
                END IF;
                SELECT header.entries INTO said FROM public.loyalty_ledger_transaction AS header
                JOIN public.loyalty_definitions_program AS program ON program.id = header.program_id
                WHERE header.id = entry.transaction_id;
                IF NOT FOUND THEN
                    PERFORM public.loyalty_ledger_refuse('is not there');
                END IF;
                remaining := said;
            END IF;
            of_transaction := entry.transaction_id;
            of_currency := entry.currency;
            total := 0;
        END IF;
        total := total + entry.points;
        remaining := remaining - 1;
        IF entry.number NOT BETWEEN 1 AND said THEN
            PERFORM public.loyalty_ledger_refuse('has other entries than it says');
        END IF;
        CONTINUE WHEN entry.state IS NULL;
        to_pending := 0;
        to_active := 0;
        to_reserved := 0;
        to_debt := 0;
        CASE entry.state
            WHEN 'pending' THEN to_pending := entry.points;
            WHEN 'active' THEN to_active := entry.points;
            WHEN 'reserved' THEN to_reserved := entry.points;
            WHEN 'debt' THEN to_debt := -entry.points;
        END CASE;
        UPDATE public.loyalty_ledger_lot
        SET pending = pending + to_pending, active = active + to_active, reserved = reserved + to_reserved,
            debt = debt + to_debt,
            is_open = pending + active + reserved + debt + to_pending + to_active + to_reserved + to_debt > 0
        WHERE id = entry.lot_id AND account_id = entry.account_id AND currency = entry.currency;
        IF NOT FOUND THEN
            PERFORM public.loyalty_ledger_refuse('names a lot that is not there');
        END IF;
        IF to_debt <> 0 THEN
            UPDATE public.loyalty_ledger_account SET debt = debt + to_debt WHERE id = entry.account_id;
        END IF;
        IF to_active > 0 OR to_debt > 0 THEN
            touched := touched || entry.account_id;
        END IF;
    END LOOP;
    IF total <> 0 THEN
        PERFORM public.loyalty_ledger_refuse('does not sum to zero');
    END IF;
    IF remaining <> 0 THEN
        PERFORM public.loyalty_ledger_refuse('has other entries than it says');
    END IF;
    PERFORM public.loyalty_ledger_refuse('leaves active points beside a debt')
    FROM public.loyalty_ledger_account AS account
    WHERE account.id = ANY(touched) AND account.debt > 0
        AND EXISTS (
            SELECT FROM public.loyalty_ledger_lot AS lot
            WHERE lot.account_id = account.id AND lot.is_open AND lot.active > 0
        );
    RETURN NULL;
END $$;
CREATE TRIGGER loyalty_ledger_entry_apply AFTER INSERT ON loyalty_ledger_entry
    REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION loyalty_ledger_apply();
"""
APPLY_REVERSE = """
DROP TRIGGER loyalty_ledger_entry_apply ON loyalty_ledger_entry;
DROP FUNCTION loyalty_ledger_apply();
"""
REFUSE = """
CREATE FUNCTION loyalty_ledger_refuse(why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a transaction of the ledger %', why USING ERRCODE = 'check_violation';
END $$;
"""
REFUSE_REVERSE = "DROP FUNCTION loyalty_ledger_refuse(text);"

# What a lot holds goes from one account to another by entries alone.
CARRY = """
CREATE FUNCTION loyalty_ledger_carry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.pending + OLD.active + OLD.reserved + OLD.debt > 0 THEN
        RAISE EXCEPTION 'a lot is moved when it is empty' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER loyalty_ledger_lot_carry BEFORE UPDATE OF account_id ON loyalty_ledger_lot
    FOR EACH ROW WHEN (OLD.account_id <> NEW.account_id) EXECUTE FUNCTION loyalty_ledger_carry();
"""
CARRY_REVERSE = """
DROP TRIGGER loyalty_ledger_lot_carry ON loyalty_ledger_lot;
DROP FUNCTION loyalty_ledger_carry();
"""

# A lot is of its account's currency; the one foreign key that stands for both.
HOLDER = """
ALTER TABLE loyalty_ledger_account ADD CONSTRAINT loyalty_account_currency UNIQUE (id, currency);
ALTER TABLE loyalty_ledger_lot ADD CONSTRAINT loyalty_lot_holder
    FOREIGN KEY (account_id, currency) REFERENCES loyalty_ledger_account (id, currency);
"""
HOLDER_REVERSE = """
ALTER TABLE loyalty_ledger_lot DROP CONSTRAINT loyalty_lot_holder;
ALTER TABLE loyalty_ledger_account DROP CONSTRAINT loyalty_account_currency;
"""

# Whoever writes to members or their accounts lets nobody be merged or parted meanwhile, and so knows where lots are; who
# merges or parts waits for those who write, and they wait for it.
STAY = """
CREATE FUNCTION loyalty_ledger_stay() RETURNS void LANGUAGE sql SET lock_timeout = '10s' AS
    'SELECT pg_advisory_xact_lock_shared(20260102)';
CREATE FUNCTION loyalty_ledger_alone() RETURNS void LANGUAGE sql SET lock_timeout = '60s' AS
    'SELECT pg_advisory_xact_lock(20260102)';
"""
STAY_REVERSE = "DROP FUNCTION loyalty_ledger_stay(); DROP FUNCTION loyalty_ledger_alone();"

# Then it opens the accounts: waits for others with the same key, and returns their answer if there is one; else locks the
# accounts, always in one order.
OPEN = """
CREATE FUNCTION loyalty_ledger_open(with_client text, with_key text, accounts uuid[])
RETURNS TABLE (answer jsonb, digest bytea)
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '10s' SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF with_key IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(with_client || ' ' || with_key, 20260101));
        RETURN QUERY SELECT request.answer, request.digest FROM public.loyalty_ledger_request AS request
            WHERE request.client = with_client AND request.key = with_key;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    PERFORM FROM public.loyalty_ledger_account AS account WHERE account.id = ANY(accounts) ORDER BY account.id FOR UPDATE;
END $$;
"""
OPEN_REVERSE = "DROP FUNCTION loyalty_ledger_open(text, text, uuid[]);"

# What every write asks and says, as functions: a connection plans what stands in them once, where a statement that is sent
# is planned each time that it is. Nothing would be gained by planning for the arrays at hand: all goes by index.
READ = """
CREATE FUNCTION loyalty_ledger_accounts(members uuid[])
RETURNS TABLE (id uuid, currency text, leads_to_id uuid, member_id uuid, customer_id uuid, program_id uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM public.loyalty_ledger_stay();
    RETURN QUERY SELECT account.id, account.currency, account.leads_to_id, member.id, member.customer_id, member.program_id
        FROM loyalty_ledger_account AS account
        JOIN loyalty_ledger_member AS member ON member.id = account.member_id
        WHERE account.member_id = ANY(members);
END $$;
CREATE FUNCTION loyalty_ledger_lots(accounts uuid[], lots uuid[])
RETURNS TABLE (
    id uuid, account_id uuid, origin_account_id uuid, currency text, granted_at timestamptz, activates_at timestamptz,
    expires_at timestamptz, inactivity jsonb, restored_at timestamptz, source_id uuid, pending bigint, active bigint,
    reserved bigint, debt bigint
) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT lot.id, lot.account_id, lot.origin_account_id, lot.currency, lot.granted_at, lot.activates_at,
            lot.expires_at, lot.inactivity, lot.restored_at, lot.source_id, lot.pending, lot.active, lot.reserved, lot.debt
        FROM loyalty_ledger_lot AS lot WHERE lot.account_id = ANY(accounts) AND lot.is_open;
    IF cardinality(lots) > 0 THEN
        RETURN QUERY SELECT lot.id, lot.account_id, lot.origin_account_id, lot.currency, lot.granted_at, lot.activates_at,
                lot.expires_at, lot.inactivity, lot.restored_at, lot.source_id, lot.pending, lot.active, lot.reserved,
                lot.debt
            FROM loyalty_ledger_lot AS lot
            WHERE lot.id = ANY(lots) AND NOT (lot.account_id = ANY(accounts) AND lot.is_open);
    END IF;
END $$;
"""
READ_REVERSE = """
DROP FUNCTION loyalty_ledger_lots(uuid[], uuid[]);
DROP FUNCTION loyalty_ledger_accounts(uuid[]);
"""

# Few transactions are added row by row, which is how most come: that costs less than to take many arrays apart.
POST = """
CREATE FUNCTION loyalty_ledger_post(
    program uuid, at timestamptz, by_actor text,
    ids uuid[], kinds text[], occurred_ats timestamptz[], reverses uuid[], occasions uuid[], memos text[], counts integer[],
    lot_ids uuid[], lot_accounts uuid[], lot_origins uuid[], lot_currencies text[], granted_ats timestamptz[],
    activates_ats timestamptz[], expires_ats timestamptz[], inactivities text[], source_kinds text[], source_ids uuid[],
    rules text[], versions integer[], fundings text[], counting boolean[], lot_occasions uuid[],
    transactions uuid[], numbers integer[], books text[], accounts uuid[], entry_lots uuid[], states text[],
    currencies text[], points bigint[], causes uuid[]
) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF cardinality(transactions) > 16 THEN
        INSERT INTO loyalty_ledger_transaction
            (id, program_id, kind, occurred_at, posted_at, actor, reverses_id, occasion, memo, entries)
        SELECT told.id, program, kind, occurred_at, at, by_actor, reverses_id, occasion, memo::jsonb, entries
        FROM unnest(ids, kinds, occurred_ats, reverses, occasions, memos, counts)
            AS told (id, kind, occurred_at, reverses_id, occasion, memo, entries);
        INSERT INTO loyalty_ledger_lot
            (id, account_id, origin_account_id, currency, granted_at, activates_at, expires_at, inactivity, source_kind,
            source_id, rule, version, funding, counts_for_tiers, occasion)
        SELECT told.id, account_id, origin_account_id, currency, granted_at, activates_at, expires_at, inactivity::jsonb,
            source_kind, source_id, rule, version, funding, counts_for_tiers, occasion
        FROM unnest(
            lot_ids, lot_accounts, lot_origins, lot_currencies, granted_ats, activates_ats, expires_ats, inactivities,
            source_kinds, source_ids, rules, versions, fundings, counting, lot_occasions
        ) AS told (id, account_id, origin_account_id, currency, granted_at, activates_at, expires_at, inactivity,
            source_kind, source_id, rule, version, funding, counts_for_tiers, occasion);
        INSERT INTO loyalty_ledger_entry (transaction_id, number, book, account_id, lot_id, state, currency, points, cause)
        SELECT * FROM unnest(
            transactions, numbers, books, accounts, entry_lots, states, currencies, points, causes
        );
        RETURN;
    END IF;
    FOR i IN 1..cardinality(ids) LOOP
        INSERT INTO loyalty_ledger_transaction
            (id, program_id, kind, occurred_at, posted_at, actor, reverses_id, occasion, memo, entries)
        VALUES (
            ids[i], program, kinds[i], occurred_ats[i], at, by_actor, reverses[i], occasions[i], memos[i]::jsonb, counts[i]
        );
    END LOOP;
    FOR i IN 1..cardinality(lot_ids) LOOP
        INSERT INTO loyalty_ledger_lot
            (id, account_id, origin_account_id, currency, granted_at, activates_at, expires_at, inactivity, source_kind,
            source_id, rule, version, funding, counts_for_tiers, occasion)
        VALUES (
            lot_ids[i], lot_accounts[i], lot_origins[i], lot_currencies[i], granted_ats[i], activates_ats[i],
            expires_ats[i], inactivities[i]::jsonb, source_kinds[i], source_ids[i], rules[i], versions[i], fundings[i],
            counting[i], lot_occasions[i]
        );
    END LOOP;
    INSERT INTO loyalty_ledger_entry (transaction_id, number, book, account_id, lot_id, state, currency, points, cause)
    SELECT transactions[i], numbers[i], books[i], accounts[i], entry_lots[i], states[i], currencies[i], points[i], causes[i]
    FROM generate_series(1, cardinality(transactions)) AS i;
END $$;
"""
POST_REVERSE = "DROP FUNCTION loyalty_ledger_post;"

APPEND_ONLY_TABLES = ("transaction", "entry", "lot_move", "request", "seal")
NEVER_DELETED = ("member", "member_merge", "account", "lot")
APPEND_ONLY = "".join(
    f"""
CREATE TRIGGER loyalty_ledger_{table}_append_only BEFORE {what} ON loyalty_ledger_{table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
    for tables, what in ((APPEND_ONLY_TABLES, "UPDATE OR DELETE"), (NEVER_DELETED, "DELETE"))
    for table in tables
)
APPEND_ONLY_REVERSE = "".join(
    f"DROP TRIGGER loyalty_ledger_{table}_append_only ON loyalty_ledger_{table};"
    for table in (*APPEND_ONLY_TABLES, *NEVER_DELETED)
)
# Entries and balances are updated in place again and again: room is left beside them.
ROOM = """
ALTER TABLE loyalty_ledger_lot SET (fillfactor = 80);
ALTER TABLE loyalty_ledger_account SET (fillfactor = 90);
"""
ROOM_REVERSE = """
ALTER TABLE loyalty_ledger_lot RESET (fillfactor);
ALTER TABLE loyalty_ledger_account RESET (fillfactor);
"""


class Migration(migrations.Migration):
    """Have the database keep what follows from entries, and refuse what does not add up."""

    dependencies = [
        ("loyalty_ledger", "0001_initial"),
        ("loyalty_definitions", "0001_initial"),
        ("stream", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(REFUSE, REFUSE_REVERSE),
        migrations.RunSQL(APPLY, APPLY_REVERSE),
        migrations.RunSQL(CARRY, CARRY_REVERSE),
        migrations.RunSQL(HOLDER, HOLDER_REVERSE),
        migrations.RunSQL(STAY, STAY_REVERSE),
        migrations.RunSQL(OPEN, OPEN_REVERSE),
        migrations.RunSQL(READ, READ_REVERSE),
        migrations.RunSQL(POST, POST_REVERSE),
        migrations.RunSQL(APPEND_ONLY, APPEND_ONLY_REVERSE),
        migrations.RunSQL(ROOM, ROOM_REVERSE),
    ]
