"""Keep the narrow row of what a customer's membership comes to: with each change, or all of them anew."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app

from regulars.customers.queries import map_survivors
from regulars.kit.money import minor_digits
from regulars.kit.progress import Progress, silent
from regulars.loyalty.definitions.calendar import first_instant_after
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.tiers import Spend
from regulars.loyalty.definitions.queries import list_versions_at
from regulars.loyalty.facts.models import Program, Series
from regulars.loyalty.facts.statements import rows_of
from regulars.stream.dispatch import hold

# The subscription that keeps them; who keeps all anew holds it, so that neither writes what the other has overtaken.
SUBSCRIPTION = "loyalty.facts"
REBUILD = "loyalty.rebuild_facts"
AT_ONCE = 5_000
_FIRST = UUID(int=0)


def keep_facts_of(customer_ids: Collection[UUID]) -> None:
    """Keep anew what is known of some customers by their membership, each for the one that it leads to."""
    if not customer_ids:
        return
    survivors = map_survivors(customer_ids)
    merged = sorted(each for each, survivor in survivors.items() if each != survivor)
    rows_of("keep_facts", {"customer_ids": sorted(set(survivors.values())), "merged_ids": merged})


@transaction.atomic
def keep_at_once(customer_ids: Collection[UUID]) -> None:
    """Keep customers' rows anew with what this transaction has done to their members, of which no event may tell."""
    hold(SUBSCRIPTION)
    keep_facts_of(customer_ids)


@transaction.atomic
def follow_programs(now: datetime) -> None:
    """Keep what the versions in force say; where members' rows were kept by something else, have them kept anew."""
    known = dict(Program.objects.values_list("program_id", "version"))
    new = [version for version in list_versions_at(now) if known.get(version.program_id) != version.number]
    changed = [keep_program(version) for version in new]
    if any(changed):
        app.configure_task(REBUILD, lock=REBUILD).defer()


def rebuild_facts(progress: Progress = silent) -> int:
    """Keep everybody's row anew, a part of the customers at a time; return how many customers there were."""
    [(total,)] = rows_of("count_customers")
    done, after = 0, _FIRST
    while True:
        with transaction.atomic():
            hold(SUBSCRIPTION)
            ids = [identity for (identity,) in rows_of("next_customers", {"after": after, "limit": AT_ONCE})]
            keep_facts_of(ids)
        if not ids:
            return done
        done, after = done + len(ids), ids[-1]
        progress("", min(done / max(total, 1), 1.0))


def keep_program(version: ProgramVersion) -> bool:
    """Keep what a version says; tell whether it is something else than the rows of members were kept by."""
    document = version.document
    ladder = document.tier_sets[0] if document.tier_sets else None
    told = {
        "program_id": version.program_id,
        "version": version.number,
        "zone": version.zone.key,
        "currency": document.currencies[0].key,
        "tier_set": ladder and ladder.key,
        "tier_scale": 1,
    }
    if ladder is not None and isinstance(ladder.basis, Spend):
        told["tier_scale"] = 10 ** minor_digits(ladder.basis.currency)
    [(is_other,)] = rows_of("keep_program", told)
    Series.objects.filter(program_id=version.program_id).delete()
    Series.objects.bulk_create(
        Series(
            program_id=version.program_id,
            key=each.key,
            uses=each.uses,
            ends_at=first_instant_after(each.dates.end, version.zone) if each.dates.end else None,
        )
        for each in document.vouchers
    )
    return bool(is_other)
