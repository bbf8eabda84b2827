"""What a programme's pages look at: its versions, its draft, the document to work on, and who may do what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from regulars.customers.questions import setting_of
from regulars.faces.console.loyalty.programs.rule_words import Language
from regulars.faces.console.permission import sees_sensitive
from regulars.faces.console.zone import business_of
from regulars.facts.catalogue import get_catalogue
from regulars.facts.language.binding import Setting
from regulars.facts.language.moments import Clock
from regulars.kit.i18n import gettext, mark
from regulars.loyalty.definitions import queries
from regulars.loyalty.definitions.checking import check_program
from regulars.loyalty.definitions.contracts import Draft, Fault, ProgramSummary, ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.rules.checking import RuleChecks

PAGES = {
    "loyalty.program": mark("Overview"),
    "loyalty.rules": mark("Rules"),
    "loyalty.tiers": mark("Tiers"),
    "loyalty.try": mark("Try out"),
    "loyalty.versions": mark("Versions"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A programme as it stands. `document` is what the next version is to be: the draft, or else the newest version."""

    summary: ProgramSummary
    newest: ProgramVersion | None
    in_force: ProgramVersion | None
    draft: Draft | None
    document: Program
    # Of what a change begins from; it is given back when the change is saved.
    digest: str
    zone: ZoneInfo
    now: datetime

    @property
    def key(self) -> str:
        """The programme's own key."""
        return self.summary.key

    @property
    def shown(self) -> Program:
        """The document that members live by; what is to come where nothing is in force yet."""
        return self.in_force.document if self.in_force else self.document

    @property
    def changed_at(self) -> datetime | None:
        """When the draft was saved."""
        return self.draft.made_at if self.draft else None


def sight_of(request: HttpRequest, key: str) -> Sight:
    """Return a programme as it stands now.

    Raises
    ------
    NoSuchProgram
        None has this key, or it has neither a version nor a draft.
    """
    summary, now = queries.get_program(key), timezone.now()
    newest = queries.get_newest_version(key)
    draft = queries.get_draft(key) if summary.has_draft else None
    begun = draft or newest
    if begun is None:
        raise queries.NoSuchProgram(gettext("The programme {key} is empty; make a draft first.").format(key=key))
    named = begun.document.zone
    return Sight(
        summary=summary,
        newest=newest,
        in_force=queries.get_version_at(key, now),
        draft=draft,
        document=begun.document,
        digest=begun.digest,
        zone=ZoneInfo(named) if named else business_of(request).zone_info,
        now=now,
    )


def around(request: HttpRequest, sight: Sight, page: str) -> dict[str, Any]:
    """Return what each page of a programme shows around itself."""
    return {
        "sight": sight,
        "program": sight.document,
        "tabs": [
            {
                "text": gettext(words),
                "address": reverse(f"console:{name}", args=[sight.key]),
                "current": name == page,
            }
            for name, words in PAGES.items()
        ],
        "trail": trail(),
        "may_manage": request.user.has_perm("loyalty.manage"),
        "draft_words": draft_words(sight),
    }


def trail(*further: tuple[str, str]) -> Sequence[tuple[str, str]]:
    """Return the way back to the programmes, and further."""
    return [(gettext("Programmes"), f"{reverse('console:loyalty.programs')}?all=1"), *further]


def trail_to(sight: Sight, name: str) -> Sequence[tuple[str, str]]:
    """Return the way back to a page of a programme."""
    own = (sight.document.name, reverse("console:loyalty.program", args=[sight.key]))
    return trail(own, (gettext(PAGES[name]), reverse(f"console:{name}", args=[sight.key])))


def draft_words(sight: Sight) -> str:
    """Return whether something waits to be published; nothing where nothing does."""
    if sight.draft is None:
        return ""
    if sight.newest is None:
        return gettext("Nothing is published yet: nobody earns by this programme.")
    if sight.draft.digest == sight.newest.digest:
        return gettext("The draft is the same as version {number}.").format(number=sight.newest.number)
    return gettext("The draft holds changes that are not published yet.")


def language_of(request: HttpRequest, program: Program) -> Language:
    """Return what the rules of a document are told by."""
    return Language(
        program=program,
        catalogue=get_catalogue(sees_sensitive=sees_sensitive(request)),
        reporting=business_of(request).reporting_currency,
    )


def setting_for(request: HttpRequest, sight: Sight) -> Setting:
    """Return where the conditions of a programme are written."""
    return setting_of(business_of(request), now=sight.now, sees_sensitive=sees_sensitive(request))


def checks_of(request: HttpRequest, now: datetime) -> RuleChecks:
    """Return what knows facts, conditions and formulas, for a programme's check."""
    business = business_of(request)
    clock = Clock(now, business.zone_info)
    return RuleChecks(catalogue=get_catalogue(), clock=clock, reporting=business.reporting_currency)


def faults_of(request: HttpRequest, sight: Sight, program: Program) -> list[Fault]:
    """Return all that keeps a document from being published."""
    checks = checks_of(request, sight.now)
    return check_program(program, checks, reporting_currency=business_of(request).reporting_currency)
