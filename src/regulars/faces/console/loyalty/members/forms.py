"""What the staff fills in about a member: points by hand, a lock of a tier, an invitation to one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy

from regulars.faces.console.forms import DesignedForm
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.calendar import first_instant_after
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.tiers import TierSet
from regulars.loyalty.membership.authority import limit_of
from regulars.loyalty.membership.contracts import Authority

_MOST = 10**12


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AdjustForm(DesignedForm):
    """So many points, given or taken by hand, and why."""

    currency = forms.ChoiceField(label=gettext_lazy("Points"))
    points = forms.IntegerField(label=gettext_lazy("How many"), min_value=-_MOST, max_value=_MOST)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)
    good_until = forms.DateField(
        label=gettext_lazy("Good until"),
        required=False,
        widget=_day(),
        help_text=gettext_lazy("Empty for as long as the programme says. The day itself counts."),
    )

    def __init__(self, *args: Any, version: ProgramVersion, authority: Authority, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_adjust_%s", **kwargs)
        self._zone = version.zone
        self.offer("currency", [(each.key, each.name) for each in version.document.currencies])
        limit, second = limit_of(version, authority), version.document.authority.second_above
        told = gettext(
            "With a minus they are taken. You may give or take {limit} of one member within 24 hours."
        ).format(limit=formats.number(limit))
        if second is not None and second < limit:
            more = gettext("More than {second} wait until somebody else approves.")
            told += " " + more.format(second=formats.number(second))
        self.fields["points"].help_text = told

    def told(self) -> dict[str, Any]:
        """Return what was filled in, as the service asks for it."""
        filled = self.cleaned_data
        return {
            "currency": filled["currency"],
            "points": filled["points"],
            "reason": filled["reason"],
            "expires_at": end_of_day(filled["good_until"], self._zone),
        }


class LockForm(DesignedForm):
    """Until when a tier stays as it is, and why."""

    until = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=_day(),
        help_text=gettext_lazy("The last day of the lock; empty until somebody unlocks it."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    def __init__(self, *args: Any, ladder: str, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_lock_{ladder}_%s", **kwargs)


class InviteForm(DesignedForm):
    """To which tier a member is invited."""

    tier = forms.ChoiceField(label=gettext_lazy("Tier"), required=False)

    def __init__(self, *args: Any, ladder: TierSet, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_invite_{ladder.key}_%s", **kwargs)
        choices: Sequence[tuple[str, str]] = [(each.key, each.name) for each in ladder.tiers]
        self.offer("tier", [("", gettext("None: withdraw the invitation")), *choices])


def end_of_day(day: Any, zone: ZoneInfo) -> datetime | None:
    """Return the first instant after a day; None where there is none."""
    return first_instant_after(day, zone) if day else None
