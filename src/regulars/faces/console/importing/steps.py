"""The steps of an import, and where one is."""

from __future__ import annotations

from django.urls import reverse

from regulars.imports.contracts import Import, ImportState
from regulars.kit.i18n import gettext, mark

_STEPS = {
    "file": mark("File"),
    "columns": mark("Columns"),
    "check": mark("Dry run"),
    "import": mark("Import"),
}
_AT = {
    ImportState.UPLOADED: "columns",
    ImportState.MAPPED: "check",
    ImportState.CHECKING: "check",
}


def step_of(found: Import) -> str:
    """Return the step at which an import is."""
    return _AT.get(found.state, "import")


def steps(current: str, found: Import | None = None, *, is_over: bool = False) -> list[dict[str, str]]:
    """Return the steps as the stepper shows them; while nothing is kept yet one may go back to the columns."""
    order = list(_STEPS)
    at = len(order) if is_over else order.index(current)
    may_go_back = found is not None and found.state in (ImportState.UPLOADED, ImportState.MAPPED)
    shown = []
    for place, (name, words) in enumerate(_STEPS.items()):
        address = ""
        if may_go_back and found and name == "columns" and current != name:
            address = reverse("console:imports.columns", args=[found.id])
        was_done = place < at and not (name == "check" and found is not None and found.dry_run is None)
        state = "done" if was_done else "current" if place == at else ""
        shown.append({"text": gettext(words), "state": state, "address": address})
    return shown
