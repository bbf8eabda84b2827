"""A rule as it is filled in: its forms, the document with it, and what is wrong with it at the fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, QueryDict

from regulars.faces.console.loyalty.programs.rule_document import amounts_of, caps_of, plain_of, told_of
from regulars.faces.console.loyalty.programs.rule_form import AmountForm, CapForm, RuleForm
from regulars.faces.console.loyalty.programs.rule_words import Language
from regulars.faces.console.loyalty.programs.sight import Sight, faults_of
from regulars.loyalty.definitions.contracts import Fault
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.rules import Rule
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.definitions.writing import to_plain

_MOST_ROWS = 50
# What the fields of a new rule hold.
_NEW: Mapping[str, Any] = {
    "key": "",
    "name": "",
    "on": {"kind": "order"},
    "condition": "",
    "grant": {"kind": "per_amount", "points": 1},
    "round_per": "order",
    "dates": {},
    "caps": [],
    "budgets": [],
    "priority": 0,
    "activation": {"kind": "now"},
    "funding": "sale",
    "opt_in": False,
    "beneficiary": "member",
    "counts_for_tiers": True,
}
_NEW_CAP: Mapping[str, Any] = {"period": "month"}
# By the beginning of what a pointer says behind the rule: the field where it is shown. The longest beginning counts.
_FIELDS: Mapping[str, str] = {
    "/on": "trigger",
    "/on/event": "event",
    "/on/field": "profile_field",
    "/on/rrule": "schedule_rrule",
    "/on/start": "schedule_start",
    "/on/of": "anniversary_of",
    "/grant": "grant",
    "/grant/points": "points",
    "/grant/percent": "percent",
    "/grant/expression": "expression",
    "/grant/factor": "factor",
    "/grant/of": "multiplied",
    "/dates/start": "start",
    "/dates/end": "end",
    "/hours": "hours",
    "/hours/rrule": "hours_rrule",
    "/hours/minutes": "hours_minutes",
    "/activation": "activation",
    "/activation/after": "activation_after",
    "/activation/on": "activation_on",
    "/activation/cancel_after": "cancel_after",
    "/expiry": "expiry",
    "/expiry/after": "expiry_after",
    "/expiry/on": "expiry_on",
    "/expiry/month": "expiry_month",
    "/expiry/day": "expiry_day",
    "/expiry/years": "expiry_years",
}
_AMOUNTS = re.compile(r"/grant/(per|value)(/(?P<currency>[^/]*))?$")
_CAP = re.compile(r"/caps/(?P<number>[0-9]+)(/(?P<field>[a-z]+))?")


@dataclass(slots=True, kw_only=True)
class Filled:
    """The forms of a rule. `program` is the document with the rule, None where it cannot be read."""

    form: RuleForm
    amounts: Sequence[AmountForm]
    caps: Sequence[CapForm]
    place: int
    program: Program | None = None
    faults: Sequence[Fault] = ()

    @property
    def rule(self) -> Rule | None:
        """The rule as it is filled in, where it can be read."""
        return self.program.rules[self.place] if self.program else None

    @property
    def is_right(self) -> bool:
        """Whether it can be kept."""
        return self.program is not None and not self.faults and not self.has_errors

    @property
    def has_errors(self) -> bool:
        """Whether a field says that it cannot be meant."""
        return any(form.errors for form in (self.form, *self.amounts, *self.caps) if form.is_bound)


def shown_of(sight: Sight, rule: Rule | None, told: Language) -> Filled:
    """Return the forms of a rule as it stands, or of a new one."""
    place = _place(sight.document, rule)
    plain = dict(_NEW)
    if rule is not None:
        plain = to_plain(sight.document, defaults=True)["rules"][place]
    else:
        plain |= {"currency": sight.document.currencies[0].key, "grant": _new_grant(told.reporting)}
    amounts, caps = amounts_of(plain), caps_of(plain)
    return Filled(
        form=RuleForm(initial=told_of(plain, rule), told=told, rule=rule, is_new=rule is None),
        amounts=[AmountForm(initial=each, prefix=f"amount-{n}") for n, each in enumerate([*amounts, {}])],
        caps=[CapForm(initial=each, prefix=f"cap-{n}") for n, each in enumerate([*caps, _NEW_CAP])],
        place=place,
    )


def drawn_of(sight: Sight, rule: Rule | None, told: Language, sent: QueryDict) -> Filled:
    """Return the forms as they are filled in, whether it can be meant or not, where other fields are to be shown."""
    form = RuleForm(told=told, rule=rule, is_new=rule is None)
    form.initial = _raw(form, sent)
    return Filled(
        form=form,
        amounts=_drawn_rows(AmountForm, "amount", sent),
        caps=_drawn_rows(CapForm, "cap", sent),
        place=_place(sight.document, rule),
    )


def sent_of(request: HttpRequest, sight: Sight, rule: Rule | None, told: Language) -> Filled:
    """Return the forms as they were sent, with what is wrong at each field."""
    sent = request.POST
    initial = {"key": rule.key} if rule else {}
    filled = Filled(
        form=RuleForm(sent, initial=initial, told=told, rule=rule, is_new=rule is None),
        amounts=[AmountForm(sent, prefix=f"amount-{n}") for n in _rows("amount", sent)],
        caps=[CapForm(sent, prefix=f"cap-{n}") for n in _rows("cap", sent)],
        place=_place(sight.document, rule),
    )
    if any(not form.is_valid() for form in (filled.form, *filled.amounts, *filled.caps)):
        return filled
    plain = plain_of(filled.form.cleaned_data, _kept(filled.amounts), _kept(filled.caps), rule)
    reading = read_program(with_rule(sight.document, plain, filled.place))
    filled.program, found = reading.program, list(reading.faults)
    if filled.program is not None:
        found = faults_of(request, sight, filled.program)
    at = f"/rules/{filled.place}"
    filled.faults = [each for each in found if filled.program is None or f"{each.pointer}/".startswith(f"{at}/")]
    for fault in filled.faults:
        _place_fault(filled, fault, fault.pointer.removeprefix(at))
    return filled


def with_rule(program: Program, plain: Mapping[str, Any], place: int) -> str:
    """Return the text of a document in which a rule stands at a place, behind all others where there is none yet."""
    told = to_plain(program)
    rules = list(told.get("rules", ()))
    rules[place : place + 1] = [plain]
    return json.dumps(told | {"rules": rules}, ensure_ascii=False, default=_number)


def find_rule(program: Program, key: str) -> Rule | None:
    """Return the rule with a key; None where there is none."""
    return next((each for each in program.rules if each.key == key), None)


def _place(program: Program, rule: Rule | None) -> int:
    return len(program.rules) if rule is None else program.rules.index(rule)


def _new_grant(reporting: str) -> dict[str, Any]:
    return {"kind": "per_amount", "points": 1, "per": {reporting: 1}}


def _raw(form: Any, sent: QueryDict) -> dict[str, Any]:
    return {
        name: field.widget.value_from_datadict(sent, {}, form.add_prefix(name))
        if not field.disabled
        else form.rule and form.rule.key
        for name, field in form.fields.items()
    }


def _rows(kind: str, sent: QueryDict) -> Iterable[int]:
    return (number for number in range(_MOST_ROWS) if f"{kind}-{number}-amount" in sent)


def _drawn_rows(form: Any, kind: str, sent: QueryDict) -> list[Any]:
    """Return the rows that hold something, and one more."""
    rows = []
    for number in _rows(kind, sent):
        row = _raw(form(prefix=f"{kind}-{number}"), sent)
        if row["amount"]:
            rows.append(row)
    return [form(initial=row, prefix=f"{kind}-{number}") for number, row in enumerate([*rows, {}])]


def _kept(forms: Sequence[Any]) -> list[dict[str, Any]]:
    return [form.cleaned_data for form in forms if form.cleaned_data.get("amount") is not None]


def _place_fault(filled: Filled, fault: Fault, at: str) -> None:
    """Show what is wrong at its field; what has none, above the form."""
    if found := _AMOUNTS.match(at):
        rows = [form for form in filled.amounts if form.cleaned_data.get("amount") is not None]
        code = found["currency"]
        row = next((form for form in rows if form.cleaned_data["currency"].upper() == code), None)
        (row or filled.amounts[0]).add_error(
            "currency" if fault.code == "unknown_currency" else "amount", fault.message
        )
        return
    if found := _CAP.match(at):
        rows_of_caps = [form for form in filled.caps if form.cleaned_data.get("amount") is not None]
        rows_of_caps[int(found["number"])].add_error("amount", fault.message)
        return
    beginnings = sorted((each for each in _FIELDS if at == each or at.startswith(f"{each}/")), key=len)
    name = _FIELDS[beginnings[-1]] if beginnings else at.split("/")[1] if at.count("/") else ""
    if name == "hours_rrule" and filled.form.cleaned_data.get("hours") == "weekly":
        name = "hours"
    filled.form.add_error(name if name in filled.form.fields else None, fault.message)


def _number(value: object) -> str:
    if not isinstance(value, Decimal):
        raise TypeError(value)
    return f"{value:f}"
