"""The navigation: each page that has a place in it, in groups. Add a page with one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from regulars.faces.console.loyalty.members.waiting import count_waiting
from regulars.faces.console.permission import WhoAsks
from regulars.kit.i18n import gettext, mark
from regulars.stream.queries import count_dead_letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page in the navigation. `attention` counts what somebody should look at; nought is not shown."""

    text: str
    name: str
    permission: str
    icon: str
    attention: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Entries that belong together."""

    text: str
    entries: Sequence[Entry]


GROUPS: Sequence[Group] = (
    Group(
        text="",
        entries=(Entry(text=mark("Overview"), name="overview", permission="insights.read", icon="overview"),),
    ),
    Group(
        text=mark("Know"),
        entries=(
            Entry(text=mark("Customers"), name="customers", permission="customers.read", icon="customers"),
            Entry(text=mark("RFM"), name="rfm", permission="insights.read", icon="segments"),
            Entry(text=mark("Cohorts"), name="cohorts", permission="insights.read", icon="cohorts"),
            Entry(text=mark("Value and risk"), name="value-and-risk", permission="insights.read", icon="value"),
            Entry(text=mark("Products"), name="products", permission="insights.read", icon="order"),
            Entry(text=mark("Reports"), name="reports", permission="insights.read", icon="report"),
        ),
    ),
    Group(
        text=mark("Reward"),
        entries=(
            Entry(text=mark("Programmes"), name="loyalty.programs", permission="loyalty.read", icon="program"),
            Entry(
                text=mark("Members"),
                name="members",
                permission="loyalty.read",
                icon="member",
                attention=count_waiting,
            ),
            Entry(text=mark("Rewards"), name="rewards", permission="loyalty.read", icon="reward"),
            Entry(text=mark("Vouchers"), name="vouchers", permission="loyalty.read", icon="voucher"),
            Entry(text=mark("Till"), name="till", permission="loyalty.write", icon="till"),
        ),
    ),
    Group(
        text=mark("Business"),
        entries=(
            Entry(text=mark("Imports"), name="imports", permission="imports.read", icon="imports"),
            Entry(text=mark("Exports"), name="exports", permission="exports.run", icon="exports"),
            Entry(text=mark("Team"), name="team", permission="staff.read", icon="team"),
            Entry(text=mark("API keys"), name="api-keys", permission="api_keys.manage", icon="key"),
            Entry(text=mark("Audit trail"), name="audit-trail", permission="audit.read", icon="trail"),
            Entry(
                text=mark("Dead letters"),
                name="dead-letters",
                permission="stream.manage",
                icon="letter",
                attention=count_dead_letters,
            ),
            Entry(text=mark("Settings"), name="settings", permission="business.read", icon="settings"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as a page shows it."""

    text: str
    address: str
    icon: str
    attention: int
    current: bool


def navigation_for(account: WhoAsks, section: str) -> list[tuple[str, list[Shown]]]:
    """Return the groups with the entries that an account may open; `section` is where it is."""
    groups = []
    for group in GROUPS:
        shown = [_shown(entry, section) for entry in group.entries if account.has_perm(entry.permission)]
        if shown:
            groups.append((gettext(group.text) if group.text else "", shown))
    return groups


def _shown(entry: Entry, section: str) -> Shown:
    return Shown(
        text=gettext(entry.text),
        address=reverse(f"console:{entry.name}"),
        icon=f"design/icons/{entry.icon}.html",
        attention=entry.attention() if entry.attention else 0,
        current=entry.name == section,
    )
