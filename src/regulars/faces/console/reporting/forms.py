"""What people ask of a report and of a schedule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy

from regulars.business.contracts import Business
from regulars.faces.console.forms import DesignedForm, country_choices
from regulars.faces.console.reporting.words import FIRSTS, GRAINS, NARROWED, WEEKDAYS
from regulars.insights.reports.contracts import Every, NarrowedBy, Narrowing, Plan, Wishes
from regulars.insights.reports.wishing import LONGEST_HORIZON_DAYS, LONGEST_TITLE, may_be_told
from regulars.kit.i18n import LANGUAGES, gettext
from regulars.orders.queries import list_channels, list_locations
from regulars.staff.queries import list_accounts


class WishesForm(DesignedForm):
    """What a report is to be."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=LONGEST_TITLE)
    narrowing = forms.ChoiceField(
        label=gettext_lazy("Which orders"),
        required=False,
        help_text=gettext_lazy("The report is made as if there were no others."),
    )
    horizon_days = forms.IntegerField(
        label=gettext_lazy("Looks ahead, days"),
        required=False,
        min_value=1,
        max_value=LONGEST_HORIZON_DAYS,
        help_text=gettext_lazy("Empty: as far as the history allows, a quarter of a year at most."),
    )
    margin = forms.DecimalField(
        label=gettext_lazy("Margin, per cent"),
        min_value=1,
        max_value=100,
        decimal_places=1,
        help_text=gettext_lazy("The share of revenue that is kept, for lifetime value."),
    )
    grain = forms.ChoiceField(label=gettext_lazy("One purchase is"))
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=list(LANGUAGES.items()))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("grain", [(code, gettext(words)) for code, words in GRAINS.items()])
        self.offer("narrowing", _narrowings())

    def wishes(self, before: Wishes | None = None) -> Wishes:
        """Return what was filled in; what the form does not ask stays as it was."""
        filled, told = self.cleaned_data, before or Wishes(title="")
        by, _, value = filled["narrowing"].partition(":")
        return replace(
            told,
            title=filled["title"],
            narrowing=Narrowing(by=NarrowedBy(by), value=value) if by else None,
            horizon_days=filled["horizon_days"],
            margin=float(filled["margin"] / 100),
            grain=filled["grain"],
            language=filled["language"],
        )


class ReportForm(WishesForm):
    """A report that is to be made now."""

    as_of = forms.DateField(
        label=gettext_lazy("As of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The end of this day; what came later moves no figure. Empty: yesterday."),
    )
    field_order = ("title", "as_of")


class ScheduleForm(WishesForm):
    """A report that is to be made again and again."""

    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        help_text=gettext_lazy("By night, after three in the business’s time zone, as of the day before."),
    )
    told = forms.MultipleChoiceField(
        label=gettext_lazy("Who gets a mail with the link"), required=False, widget=forms.CheckboxSelectMultiple
    )
    field_order = ("title", "when")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        weekly = [(f"{Every.WEEK}:{number}", gettext(words)) for number, words in WEEKDAYS.items()]
        self.offer("when", [*weekly, *((every.value, gettext(words)) for every, words in FIRSTS.items())])
        may = may_be_told()
        self.offer("told", [(str(each.id), each.name) for each in list_accounts() if each.id in may])

    def plan(self, before: Plan | None = None) -> Plan:
        """Return what was filled in; what the form does not ask stays as it was."""
        every, _, weekday = self.cleaned_data["when"].partition(":")
        return Plan(
            wishes=self.wishes(before.wishes if before else None),
            every=Every(every),
            weekday=int(weekday) if weekday else None,
            told=tuple(UUID(each) for each in self.cleaned_data["told"]),
            is_paused=before.is_paused if before else False,
        )


def first_wishes(business: Business, language: str) -> dict[str, Any]:
    """Return what a form holds before anything is filled in."""
    return initial_of(Wishes(title=business.name, language=language))


def initial_of(wishes: Wishes) -> dict[str, Any]:
    """Return what a form holds of wishes that are kept."""
    narrowing = wishes.narrowing
    return {
        "title": wishes.title,
        "narrowing": f"{narrowing.by}:{narrowing.value}" if narrowing else "",
        "horizon_days": wishes.horizon_days,
        "margin": f"{wishes.margin * 100:.1f}".removesuffix(".0"),
        "grain": wishes.grain,
        "language": wishes.language,
    }


def initial_of_plan(plan: Plan) -> dict[str, Any]:
    """Return what a form holds of a plan that is kept."""
    when = f"{plan.every}:{plan.weekday}" if plan.weekday else plan.every.value
    return initial_of(plan.wishes) | {"when": when, "told": [str(each) for each in plan.told]}


def _narrowings() -> list[Any]:
    """Return all orders, and each part of them that a report can be about, in groups."""
    kinds = {
        NarrowedBy.CHANNEL: [(code, name or code) for code, name in list_channels().items()],
        NarrowedBy.LOCATION: [(code, name or code) for code, name in list_locations().items()],
        NarrowedBy.COUNTRY: country_choices(),
    }
    groups = {gettext(NARROWED[by]): [(f"{by}:{code}", name) for code, name in kinds[by]] for by in kinds if kinds[by]}
    return [("", gettext("All orders")), *groups.items()]
