"""Which programme a page is about: the one that its address names, or the first that is in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode

from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import NoSuchProgram, list_versions_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A programme in force, and the others that could be chosen instead."""

    version: ProgramVersion
    versions: Sequence[ProgramVersion]

    @property
    def key(self) -> str:
        """The programme's own key."""
        return self.version.program_key

    def chips(self, address: str, **query: str) -> list[dict[str, Any]]:
        """Return the ways to the same page for each programme; none where there is only one."""
        if len(self.versions) < 2:
            return []
        return [
            {
                "text": each.document.name,
                "address": f"{address}?{urlencode(query | {'program': each.program_key})}",
                "current": each.program_key == self.key,
            }
            for each in self.versions
        ]


def chosen_of(request: HttpRequest) -> Chosen | None:
    """Return the programme that a request is about; None where none is in force.

    Raises
    ------
    NoSuchProgram
        None in force has the key that the address names.
    """
    told = request.GET.get("program", "") or request.POST.get("program", "")
    versions = list_versions_at(timezone.now())
    if not told:
        return Chosen(version=versions[0], versions=versions) if versions else None
    found = next((each for each in versions if each.program_key == told), None)
    if found is None:
        raise NoSuchProgram(gettext("There is no programme {key}.").format(key=told))
    return Chosen(version=found, versions=versions)


def must_choose(request: HttpRequest) -> Chosen:
    """Return the programme that a request is about.

    Raises
    ------
    NoSuchProgram
        None is in force, or none of the key that the address names.
    """
    chosen = chosen_of(request)
    if chosen is None:
        raise NoSuchProgram(gettext("No programme is in force."))
    return chosen
