"""What makes the database itself keep what follows from entries, and refuse what does not add up."""

from __future__ import annotations

from django.db import migrations

REFUSE = """
CREATE FUNCTION loyalty_ledger_refuse(why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a transaction of the ledger %', why USING ERRCODE = 'check_violation';
END $$;
"""
REFUSE_REVERSE = "DROP FUNCTION loyalty_ledger_refuse(text);"

# What a lot holds goes from one account to another by entries alone, and stays in its currency.
CARRY = """
CREATE FUNCTION loyalty_ledger_carry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.pending + OLD.active + OLD.reserved + OLD.debt > 0 THEN
        RAISE EXCEPTION 'a lot is moved when it is empty' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM loyalty_ledger_account WHERE id = NEW.account_id AND currency = NEW.currency;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a lot is of its account''s currency' USING ERRCODE = 'check_violation';
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

# Whoever writes to members or their accounts lets nobody be merged or parted meanwhile, and so knows where lots are; who
# merges or parts waits for those who write, and they wait for it.
STAY = """
CREATE FUNCTION loyalty_ledger_stay() RETURNS void LANGUAGE sql SET lock_timeout = '10s' AS
    'SELECT pg_advisory_xact_lock_shared(20260102)';
CREATE FUNCTION loyalty_ledger_alone() RETURNS void LANGUAGE sql SET lock_timeout = '60s' AS
    'SELECT pg_advisory_xact_lock(20260102)';
"""
STAY_REVERSE = "DROP FUNCTION loyalty_ledger_stay(); DROP FUNCTION loyalty_ledger_alone();"

# Then it opens the accounts of members, of lots, and of lots from which something was taken on behalf of causes: waits
# for others with the same key, and returns their answer if there is one; else locks the accounts, always in one order,
# and returns each with the lots of which anything stands, and the others that were named by themselves. Who grants needs
# few of very many lots, and tells by when what is due is to be seen: what is owed, what is due, and what activity keeps
# alive. All of it is one function, as everything that is written is another: a connection plans what stands in them
# once, where a statement that is sent is planned each time that it is, and each takes a way to the server and back.
OPEN = """
CREATE FUNCTION loyalty_ledger_open(
    with_client text, with_key text, members uuid[], lots uuid[], causes uuid[], due_by timestamptz
)
RETURNS TABLE (
    answer jsonb, digest bytea,
    held_id uuid, held_currency text, leads_to_id uuid, member_id uuid, customer_id uuid,
    lot_id uuid, account_id uuid, origin_account_id uuid, currency text, granted_at timestamptz, activates_at timestamptz,
    expires_at timestamptz, inactivity jsonb, restored_at timestamptz, source_id uuid,
    pending bigint, active bigint, reserved bigint, debt bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '10s' SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    own uuid[];
    held uuid[];
    waited text;
BEGIN
    -- An assignment is no statement that is planned and run, as PERFORM would be.
    waited := pg_advisory_xact_lock_shared(20260102);
    waited := pg_advisory_xact_lock(hashtextextended(with_client || ' ' || with_key, 20260101));
    IF with_key IS NOT NULL THEN
        SELECT request.answer, request.digest INTO answer, digest FROM public.loyalty_ledger_request AS request
            WHERE request.client = with_client AND request.key = with_key;
        IF FOUND THEN
            RETURN NEXT;
            RETURN;
        END IF;
    END IF;
    SELECT array_agg(account.id), array_agg(coalesce(account.leads_to_id, account.id)) INTO own, held
        FROM public.loyalty_ledger_account AS account WHERE account.member_id = ANY(members);
    IF cardinality(causes) > 0 THEN
        lots := lots || ARRAY(
            SELECT entry.lot_id FROM public.loyalty_ledger_entry AS entry
            WHERE entry.cause = ANY(causes) AND entry.lot_id IS NOT NULL
        );
    END IF;
    IF cardinality(lots) > 0 THEN
        held := held || ARRAY(SELECT lot.account_id FROM public.loyalty_ledger_lot AS lot WHERE lot.id = ANY(lots));
    END IF;
    PERFORM FROM public.loyalty_ledger_account AS account WHERE account.id = ANY(held) ORDER BY account.id FOR UPDATE;
    RETURN QUERY SELECT NULL::jsonb, NULL::bytea,
            account.id, account.currency, account.leads_to_id, member.id, member.customer_id,
            lot.id, lot.account_id, lot.origin_account_id, lot.currency, lot.granted_at, lot.activates_at,
            lot.expires_at, lot.inactivity, lot.restored_at, lot.source_id, lot.pending, lot.active, lot.reserved, lot.debt
        FROM public.loyalty_ledger_account AS account
        JOIN public.loyalty_ledger_member AS member ON member.id = account.member_id
        LEFT JOIN public.loyalty_ledger_lot AS lot ON lot.account_id = account.id AND lot.is_open AND (
            due_by IS NULL OR lot.debt > 0 OR lot.inactivity IS NOT NULL
            OR (lot.pending > 0 AND lot.activates_at <= due_by) OR (lot.active > 0 AND lot.expires_at <= due_by)
        )
        WHERE account.id = ANY(own || held);
    IF cardinality(lots) > 0 THEN
        RETURN QUERY SELECT NULL::jsonb, NULL::bytea, NULL::uuid, NULL::text, NULL::uuid, NULL::uuid, NULL::uuid,
                lot.id, lot.account_id, lot.origin_account_id, lot.currency, lot.granted_at, lot.activates_at,
                lot.expires_at, lot.inactivity, lot.restored_at, lot.source_id, lot.pending, lot.active, lot.reserved,
                lot.debt
            FROM public.loyalty_ledger_lot AS lot WHERE lot.id = ANY(lots) AND (due_by IS NOT NULL OR NOT lot.is_open);
    END IF;
END $$;
REVOKE ALL ON FUNCTION loyalty_ledger_open FROM PUBLIC;
"""
OPEN_REVERSE = "DROP FUNCTION loyalty_ledger_open;"

# The one way into the ledger, beside those for very many at once: the application's login has no right to write entries,
# transactions or what stands of lots, and this runs with the owner's and names every table in full. It refuses a
# transaction that does not add up; what its entries say it adds to their lots and accounts, so that the cached figures
# are the entries' sums, and the tables' own checks refuse less than nothing. A new lot is written with what its entries
# say. Entries come in the order of their transactions, of which each tells how many it has, and those to one lot beside
# each other as far as may be: they are one change of it. The stream is told in the same call, and a request answered.
POST = """
CREATE FUNCTION loyalty_ledger_post(
    program uuid, at timestamptz, by_actor text,
    ids uuid[], kinds text[], occurred_ats timestamptz[], reverses uuid[], occasions uuid[], memos jsonb[], counts integer[],
    lot_ids uuid[], lot_origins uuid[], granted_ats timestamptz[], activates_ats timestamptz[], expires_ats timestamptz[],
    inactivities jsonb[], source_kinds text[], source_ids uuid[], rules text[], versions integer[], fundings text[],
    counting boolean[], lot_occasions uuid[],
    books text[], accounts uuid[], entry_lots uuid[], states text[], currencies text[], points bigint[], causes uuid[],
    event_ids uuid[], event_types text[], customer_ids uuid[], actors text[], sources text[], event_ats timestamptz[],
    payloads jsonb[],
    with_client text, with_key text, with_digest bytea, with_answer jsonb
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    before integer := 0;
    last integer;
    total bigint;
    told bigint;
    to_pending bigint := 0;
    to_active bigint := 0;
    to_reserved bigint := 0;
    to_debt bigint := 0;
    place integer;
    added integer := 0;
    touched uuid[] := '{}';
BEGIN
    FOR i IN 1..cardinality(ids) LOOP
        IF kinds[i] <> ALL (
            '{grant,activate,cancel,expire,reserve,confirm,release,redeem,refund,claw_back,give_back,adjust,pay_debt,merge,
            unmerge,forfeit}'::text[]
        ) THEN
            PERFORM public.loyalty_ledger_refuse('is of no kind that there is');
        END IF;
        last := before + counts[i];
        INSERT INTO public.loyalty_ledger_transaction
            (id, program_id, kind, occurred_at, posted_at, actor, reverses_id, occasion, memo, entries, transaction)
        SELECT ids[i], standing.id, kinds[i], occurred_ats[i], at, by_actor, reverses[i], occasions[i], memos[i], counts[i],
            clock.shift + pg_current_xact_id()::text::bigint
        FROM public.loyalty_definitions_program AS standing, public.stream_clock AS clock WHERE standing.id = program;
        IF NOT FOUND THEN
            PERFORM public.loyalty_ledger_refuse('is of no programme');
        END IF;
        INSERT INTO public.loyalty_ledger_entry
            (transaction_id, number, book, account_id, lot_id, state, currency, points, cause)
        SELECT ids[i], k - before, books[k], accounts[k], entry_lots[k], states[k], currencies[k], points[k], causes[k]
        FROM generate_series(before + 1, last) AS k;
        total := 0;
        FOR k IN before + 1..last LOOP
            total := total + points[k];
            IF k = last OR currencies[k + 1] <> currencies[k] THEN
                IF total <> 0 THEN
                    PERFORM public.loyalty_ledger_refuse('does not sum to zero');
                END IF;
                total := 0;
            END IF;
            IF points[k] = 0 OR books[k] <> ALL (
                    '{member,issued,redeemed,breakage,adjusted,partner,transfer,written_off}'::text[]
                ) OR (books[k] = 'member') <> (states[k] IS NOT NULL)
                OR (books[k] = 'member') <> (accounts[k] IS NOT NULL)
            THEN
                PERFORM public.loyalty_ledger_refuse('has an entry that says nothing');
            END IF;
            CONTINUE WHEN states[k] IS NULL;
            CASE states[k]
                WHEN 'active' THEN to_active := to_active + points[k];
                WHEN 'pending' THEN to_pending := to_pending + points[k];
                WHEN 'reserved' THEN to_reserved := to_reserved + points[k];
                WHEN 'debt' THEN to_debt := to_debt - points[k];
                ELSE PERFORM public.loyalty_ledger_refuse('has an entry that says nothing');
            END CASE;
            CONTINUE WHEN k < last AND states[k + 1] IS NOT NULL AND entry_lots[k + 1] = entry_lots[k]
                AND accounts[k + 1] = accounts[k] AND currencies[k + 1] = currencies[k];
            place := array_position(lot_ids, entry_lots[k]);
            IF place IS NULL THEN
                UPDATE public.loyalty_ledger_lot
                SET pending = pending + to_pending, active = active + to_active, reserved = reserved + to_reserved,
                    debt = debt + to_debt,
                    is_open = pending + active + reserved + debt + to_pending + to_active + to_reserved + to_debt > 0
                WHERE id = entry_lots[k] AND account_id = accounts[k] AND currency = currencies[k];
            ELSE
                INSERT INTO public.loyalty_ledger_lot
                    (id, account_id, origin_account_id, currency, granted_at, activates_at, expires_at, inactivity,
                    source_kind, source_id, rule, version, funding, counts_for_tiers, occasion,
                    pending, active, reserved, debt, is_open)
                SELECT entry_lots[k], account.id, lot_origins[place], account.currency, granted_ats[place],
                    activates_ats[place], expires_ats[place], inactivities[place], source_kinds[place], source_ids[place],
                    rules[place], versions[place], fundings[place], counting[place], lot_occasions[place],
                    to_pending, to_active, to_reserved, to_debt, to_pending + to_active + to_reserved + to_debt > 0
                FROM public.loyalty_ledger_account AS account
                WHERE account.id = accounts[k] AND account.currency = currencies[k];
                -- From here on it is a lot like the others.
                lot_ids[place] := NULL;
                added := added + 1;
            END IF;
            IF NOT FOUND THEN
                PERFORM public.loyalty_ledger_refuse('names a lot that is not there');
            END IF;
            IF to_debt <> 0 THEN
                UPDATE public.loyalty_ledger_account SET debt = debt + to_debt WHERE id = accounts[k];
            END IF;
            IF to_active > 0 OR to_debt > 0 THEN
                touched := touched || accounts[k];
            END IF;
            to_pending := 0;
            to_active := 0;
            to_reserved := 0;
            to_debt := 0;
        END LOOP;
        before := last;
    END LOOP;
    IF before <> cardinality(points) THEN
        PERFORM public.loyalty_ledger_refuse('has other entries than it says');
    END IF;
    IF added <> cardinality(lot_ids) THEN
        PERFORM public.loyalty_ledger_refuse('adds a lot without points');
    END IF;
    IF cardinality(touched) > 0 THEN
        PERFORM FROM public.loyalty_ledger_account AS account
        WHERE account.id = ANY(touched) AND account.debt > 0
            AND EXISTS (
                SELECT FROM public.loyalty_ledger_lot AS lot
                WHERE lot.account_id = account.id AND lot.is_open AND lot.active > 0
            );
        IF FOUND THEN
            PERFORM public.loyalty_ledger_refuse('leaves active points beside a debt');
        END IF;
    END IF;
    IF cardinality(event_ids) > 0 THEN
        told := public.stream_append(
            at, event_ids, event_types, customer_ids, actors, sources, event_ats, payloads
        );
    END IF;
    IF with_answer IS NOT NULL THEN
        INSERT INTO public.loyalty_ledger_request (client, key, digest, answer, answered_at)
        VALUES (with_client, with_key, with_digest, with_answer, at);
    END IF;
END $$;
REVOKE ALL ON FUNCTION loyalty_ledger_post FROM PUBLIC;
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
# Lots and accounts are updated in place again and again: room is left beside them.
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
        ("stream", "0002_append"),
    ]
    operations = [
        migrations.RunSQL(REFUSE, REFUSE_REVERSE),
        migrations.RunSQL(CARRY, CARRY_REVERSE),
        migrations.RunSQL(STAY, STAY_REVERSE),
        migrations.RunSQL(OPEN, OPEN_REVERSE),
        migrations.RunSQL(POST, POST_REVERSE),
        migrations.RunSQL(APPEND_ONLY, APPEND_ONLY_REVERSE),
        migrations.RunSQL(ROOM, ROOM_REVERSE),
    ]
