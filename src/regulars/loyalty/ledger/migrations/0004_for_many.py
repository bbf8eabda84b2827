"""Functions that post for very many at once.

Each goes by statements for all. What they write adds up by what they are, and what a lot holds is added to and taken from,
never set. What stands in their text comes from here, never from whoever asks: S608 is answered so.
"""

from __future__ import annotations

from django.db import migrations

# Whatever they look up goes by index: for a batch the planner would read whole tables, again for each.
MANY = "LANGUAGE plpgsql SECURITY DEFINER SET enable_seqscan = off SET enable_mergejoin = off SET random_page_cost = 1"
DUE = """(
    program uuid, program_key text, at timestamptz, by_actor text, from_source text, event_type text, base text,
    lots uuid[], accounts uuid[], moments timestamptz[], transactions uuid[]
) RETURNS bigint"""
# Each account is told of; a lot that is named twice would be changed once.
TELL = """
    changes AS (
        SELECT due.transaction_id, due.due_at, due.account_id, due.currency, due.customer_id, sum(due.points) AS points,
            row_number() OVER (ORDER BY due.due_at, min(due.number)) AS number
        FROM due GROUP BY 1, 2, 3, 4, 5
    )
    SELECT (SELECT count(*) FROM due), (SELECT count(*) FROM changed), public.stream_append_alike(
        at, event_type, by_actor, from_source,
        array_agg((left(base, 24) || lpad(to_hex(changes.number), 12, '0'))::uuid ORDER BY changes.number),
        array_agg(changes.customer_id ORDER BY changes.number), array_agg(changes.due_at ORDER BY changes.number),
        array_agg(jsonb_build_object(
            'transaction_id', changes.transaction_id, 'program', program_key, 'currency', changes.currency,
            'points', {sign}changes.points
        ) ORDER BY changes.number)
    ) INTO done, lots_changed, told FROM changes;
    IF done <> lots_changed THEN
        PERFORM public.loyalty_ledger_refuse('names a lot twice');
    END IF;
    RETURN done;
"""
# Lots whose accounts are locked, and owe nothing, become active; one transaction for each moment.
ACTIVATE = f"""
CREATE FUNCTION loyalty_ledger_activate{DUE} {MANY} AS $$
DECLARE
    done bigint;
    lots_changed bigint;
    told bigint;
BEGIN
    WITH due AS MATERIALIZED (
        SELECT lot.id, lot.account_id, lot.currency, lot.pending AS points, header.id AS transaction_id, header.at AS due_at,
            member.customer_id, row_number() OVER (PARTITION BY header.id ORDER BY named.number) AS number
        FROM unnest(lots, accounts) WITH ORDINALITY AS named (id, account_id, number)
        JOIN public.loyalty_ledger_lot AS lot ON lot.id = named.id AND lot.account_id = named.account_id
        JOIN public.loyalty_ledger_account AS account ON account.id = lot.account_id AND account.debt = 0
        JOIN public.loyalty_ledger_member AS member ON member.id = account.member_id AND member.program_id = program
        JOIN unnest(transactions, moments) AS header (id, at) ON header.at = lot.activates_at
        WHERE lot.pending > 0
    ),
    headers AS (
        INSERT INTO public.loyalty_ledger_transaction (id, program_id, kind, occurred_at, posted_at, actor, entries)
        SELECT due.transaction_id, program, 'activate', due.due_at, at, by_actor, 2 * count(*)
        FROM due GROUP BY due.transaction_id, due.due_at ORDER BY due.due_at
    ),
    entries AS (
        INSERT INTO public.loyalty_ledger_entry
            (transaction_id, number, book, account_id, lot_id, state, currency, points)
        SELECT due.transaction_id, 2 * due.number - part.back, 'member', due.account_id, due.id, part.state, due.currency,
            part.sign * due.points
        FROM due CROSS JOIN (VALUES (1, 'pending', -1), (0, 'active', 1)) AS part (back, state, sign)
    ),
    changed AS (
        UPDATE public.loyalty_ledger_lot AS lot
        SET pending = lot.pending - due.points, active = lot.active + due.points
        FROM due WHERE lot.id = due.id
        RETURNING lot.id
    ),{TELL.format(sign="")}END $$;
REVOKE ALL ON FUNCTION loyalty_ledger_activate FROM PUBLIC;
"""  # noqa: S608
ACTIVATE_REVERSE = "DROP FUNCTION loyalty_ledger_activate;"
# Lots whose accounts are locked expire; one transaction for each moment, which names each lot on the members' side and
# each currency on that of breakage.
EXPIRE = f"""
CREATE FUNCTION loyalty_ledger_expire{DUE} {MANY} AS $$
DECLARE
    done bigint;
    lots_changed bigint;
    told bigint;
BEGIN
    WITH due AS MATERIALIZED (
        SELECT lot.id, lot.account_id, lot.currency, lot.active AS points, header.id AS transaction_id, header.at AS due_at,
            member.customer_id, row_number() OVER (PARTITION BY header.id ORDER BY named.number) AS number
        FROM unnest(lots, accounts) WITH ORDINALITY AS named (id, account_id, number)
        JOIN public.loyalty_ledger_lot AS lot ON lot.id = named.id AND lot.account_id = named.account_id
        JOIN public.loyalty_ledger_account AS account ON account.id = lot.account_id
        JOIN public.loyalty_ledger_member AS member ON member.id = account.member_id AND member.program_id = program
        JOIN unnest(transactions, moments) AS header (id, at) ON header.at = lot.expires_at
        WHERE lot.active > 0
    ),
    sums AS (
        SELECT due.transaction_id, due.currency, sum(due.points) AS points,
            sum(count(*)) OVER (PARTITION BY due.transaction_id)
                + row_number() OVER (PARTITION BY due.transaction_id ORDER BY due.currency) AS number
        FROM due GROUP BY due.transaction_id, due.currency
    ),
    headers AS (
        INSERT INTO public.loyalty_ledger_transaction (id, program_id, kind, occurred_at, posted_at, actor, entries)
        SELECT due.transaction_id, program, 'expire', due.due_at, at, by_actor, count(*) + count(DISTINCT due.currency)
        FROM due GROUP BY due.transaction_id, due.due_at ORDER BY due.due_at
    ),
    entries AS (
        INSERT INTO public.loyalty_ledger_entry
            (transaction_id, number, book, account_id, lot_id, state, currency, points)
        SELECT due.transaction_id, due.number, 'member', due.account_id, due.id, 'active', due.currency, -due.points FROM due
        UNION ALL
        SELECT sums.transaction_id, sums.number, 'breakage', NULL, NULL, NULL, sums.currency, sums.points FROM sums
    ),
    changed AS (
        UPDATE public.loyalty_ledger_lot AS lot
        SET active = lot.active - due.points,
            is_open = lot.pending + lot.active + lot.reserved + lot.debt - due.points > 0
        FROM due WHERE lot.id = due.id
        RETURNING lot.id
    ),{TELL.format(sign="-")}END $$;
REVOKE ALL ON FUNCTION loyalty_ledger_expire FROM PUBLIC;
"""  # noqa: S608
EXPIRE_REVERSE = "DROP FUNCTION loyalty_ledger_expire;"
# Accounts that are locked, lead where they did, owe nothing, and have not been granted it before, are granted the same in
# one transaction, which names each lot on the members' side, and tells of each account. Returned is to how many it was
# granted, and how many lead elsewhere by now.
GRANT = f"""
CREATE FUNCTION loyalty_ledger_grant(
    program uuid, program_key text, at timestamptz, by_actor text, from_source text, event_type text, base text,
    accounts uuid[], ats uuid[], members uuid[], others uuid[], transaction_id uuid, kind text, memo jsonb, occurrence text,
    currency text, points bigint, is_active boolean, book text, granted_at timestamptz, activates_at timestamptz,
    expires_at timestamptz, inactivity jsonb, source_kind text, source_id uuid, rule text, version integer, funding text,
    counts_for_tiers boolean
) RETURNS TABLE (granted bigint, moved bigint) {MANY} AS $$
#variable_conflict use_variable
DECLARE
    told bigint;
BEGIN
    IF NOT (points > 0 AND kind IN ('grant', 'adjust') AND book IN ('issued', 'adjusted', 'partner')) IS TRUE THEN
        PERFORM public.loyalty_ledger_refuse('grants nothing that there is');
    END IF;
    WITH named AS MATERIALIZED (
        SELECT listed.id, listed.held_by, listed.number, coalesce(own.leads_to_id, own.id) = listed.held_by AS stays,
            encode(
                substr(sha256(convert_to(listed.member_id || ' ' || occurrence, 'UTF8')), 1, 16), 'hex'
            )::uuid AS occasion
        FROM unnest(accounts, ats, members) WITH ORDINALITY AS listed (id, held_by, member_id, number)
        JOIN public.loyalty_ledger_account AS own ON own.id = listed.id
        WHERE listed.member_id <> ALL(others)
    ),
    new AS MATERIALIZED (
        SELECT named.id AS origin_id, holder.id AS holder_id, member.customer_id, named.occasion,
            row_number() OVER (ORDER BY named.number) AS number,
            (left(base, 24) || lpad(to_hex(2 * row_number() OVER (ORDER BY named.number)), 12, '0'))::uuid AS lot_id
        FROM named
        JOIN public.loyalty_ledger_account AS holder
            ON holder.id = named.held_by AND holder.debt = 0 AND holder.currency = currency
        JOIN public.loyalty_ledger_member AS member ON member.id = holder.member_id AND member.program_id = program
        WHERE named.stays AND NOT EXISTS (
            SELECT FROM public.loyalty_ledger_lot AS lot WHERE lot.occasion = named.occasion
        )
    ),
    headers AS (
        INSERT INTO public.loyalty_ledger_transaction (id, program_id, kind, occurred_at, posted_at, actor, memo, entries)
        SELECT transaction_id, program, kind, granted_at, at, by_actor, memo, count(*) + 1 FROM new HAVING count(*) > 0
    ),
    lots AS (
        INSERT INTO public.loyalty_ledger_lot
            (id, account_id, origin_account_id, currency, granted_at, activates_at, expires_at, inactivity, source_kind,
            source_id, rule, version, funding, counts_for_tiers, occasion, pending, active, reserved, debt, is_open)
        SELECT new.lot_id, new.holder_id, new.origin_id, currency, granted_at, activates_at, expires_at, inactivity,
            source_kind, source_id, rule, version, funding, counts_for_tiers, new.occasion,
            CASE WHEN is_active THEN 0 ELSE points END, CASE WHEN is_active THEN points ELSE 0 END, 0, 0, TRUE
        FROM new
    ),
    entries AS (
        INSERT INTO public.loyalty_ledger_entry
            (transaction_id, number, book, account_id, lot_id, state, currency, points)
        SELECT transaction_id, new.number, 'member', new.holder_id, new.lot_id,
            CASE WHEN is_active THEN 'active' ELSE 'pending' END, currency, points
        FROM new
        UNION ALL
        SELECT transaction_id, count(*) + 1, book, NULL, NULL, NULL, currency, -points * count(*)
        FROM new HAVING count(*) > 0
    )
    SELECT count(*), (SELECT count(*) FROM named WHERE NOT stays), public.stream_append_alike(
        at, event_type, by_actor, from_source,
        array_agg((left(base, 24) || lpad(to_hex(2 * new.number + 1), 12, '0'))::uuid ORDER BY new.number),
        array_agg(new.customer_id ORDER BY new.number), array_agg(granted_at),
        array_agg(jsonb_build_object(
            'transaction_id', transaction_id, 'program', program_key, 'currency', currency, 'points', points
        ))
    ) INTO granted, moved, told FROM new;
    RETURN NEXT;
END $$;
REVOKE ALL ON FUNCTION loyalty_ledger_grant FROM PUBLIC;
"""  # noqa: S608
GRANT_REVERSE = "DROP FUNCTION loyalty_ledger_grant;"


class Migration(migrations.Migration):
    """Post for very many at once."""

    dependencies = [("loyalty_ledger", "0003_how_lots_began")]
    operations = [
        migrations.RunSQL(ACTIVATE, ACTIVATE_REVERSE),
        migrations.RunSQL(EXPIRE, EXPIRE_REVERSE),
        migrations.RunSQL(GRANT, GRANT_REVERSE),
    ]
