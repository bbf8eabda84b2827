"""Which exports tell of what is sensitive: who may not see that is told no more than that there is a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from regulars.business.queries import get_business
from regulars.customers.questions import read_condition, setting_of, understand
from regulars.exports.contracts import Export
from regulars.exports.models import Export as ExportRow
from regulars.facts.contracts import Catalogue
from regulars.facts.language.binding import Setting
from regulars.facts.language.faults import WrongCondition


def as_seen(exports: Iterable[tuple[ExportRow, Export]], *, sees_sensitive: bool) -> list[Export]:
    """Return exports as somebody may see them: by the classes that facts have today."""
    told = list(exports)
    if sees_sensitive or not any(_asks_facts(row) for row, _ in told):
        return [export for _, export in told]
    business = get_business()
    setting = setting_of(business, now=told[0][0].asked_at)
    return [
        _without(export, setting.catalogue) if _asks_facts(row) and _is_sensitive(row, setting) else export
        for row, export in told
    ]


def _asks_facts(row: ExportRow) -> bool:
    return any(row.settled.get(name) for name in ("facts", "traits", "condition"))


def _is_sensitive(row: ExportRow, setting: Setting) -> bool:
    """Tell whether a file holds, or was chosen by, what the setting withholds.

    Of a fact that there is not any more nobody knows what it was: it is taken for sensitive.
    """
    names = [*row.settled.get("facts", []), *(f"traits.{key}" for key in row.settled.get("traits", []))]
    if any(name not in setting.catalogue.facts for name in names):
        return True
    try:
        if told := row.settled.get("condition"):
            understand(read_condition(told), setting)
    except WrongCondition:
        return True
    return False


def _without(export: Export, catalogue: Catalogue) -> Export:
    facts = [name for name in export.facts if name in catalogue.facts]
    return replace(export, condition="", facts=facts, rows=None, size_bytes=None, error_message="", is_withheld=True)
