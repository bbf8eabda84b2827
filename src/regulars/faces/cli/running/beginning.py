"""Begin the loyalty programmes of a sandbox anew: as if nothing had been earned, at a moment before or after today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.apps import apps
from django.db import connections, transaction
from django.utils import timezone
from psycopg import sql

from regulars.business.queries import get_business
from regulars.faces.cli.running.statements import STATEMENTS
from regulars.facts.catalogue import get_catalogue
from regulars.facts.language.moments import Clock
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import get_newest_version, list_programs
from regulars.loyalty.definitions.services import publish, save_draft
from regulars.loyalty.rules.checking import RuleChecks
from regulars.stream.contracts import system
from regulars.stream.dispatch import Dispatcher
from regulars.stream.registry import subscriptions
from regulars.stream.services import make_room

# Who is a member, since when, and under which card; the rest follows from orders and nights.
_STAYS = {
    "loyalty_definitions_program",
    "loyalty_ledger_member",
    "loyalty_ledger_member_merge",
    "loyalty_ledger_account",
}
_ACTOR = system("sandbox")


def begin_anew(*, at: datetime, set_clock: Callable[[datetime], None]) -> None:
    """Take back what programmes have brought, and publish the newest version of each as of a moment.

    It is the owner's to do, for whom nothing is append-only, and meant for a sandbox alone.
    """
    # What nobody has heard yet would be adjudicated by the new clock, and before its time.
    Dispatcher(subscriptions(), timezone.now).run_until_idle()
    newest = [found for program in list_programs() if (found := get_newest_version(program.key))]
    set_clock(at)
    make_room([at])
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        tables = sql.SQL(", ").join(map(sql.Identifier, _emptied()))
        cursor.execute(sql.SQL("TRUNCATE {}").format(tables).as_string(cursor.cursor))
        cursor.execute(STATEMENTS["owe_nothing"].sql)
        cursor.execute(STATEMENTS["allow_erasing"].sql)
        cursor.execute(STATEMENTS["forget_notices"].sql)
    for version in newest:
        _publish(version, at)


def _emptied() -> list[str]:
    models = [model for model in apps.get_models() if model._meta.app_label.startswith("loyalty_")]
    return sorted({model._meta.db_table for model in models} - _STAYS)


@transaction.atomic
def _publish(version: ProgramVersion, at: datetime) -> None:
    """Publish a document as the first version; its zone stays the one that held."""
    document = version.document.model_copy(update={"zone": version.zone.key})
    save_draft(document=document, now=at, actor=_ACTOR)
    clock = Clock(at, version.zone)
    checks = RuleChecks(catalogue=get_catalogue(), clock=clock, reporting=get_business().reporting_currency)
    publish(program=version.program_key, now=at, actor=_ACTOR, checks=checks)
