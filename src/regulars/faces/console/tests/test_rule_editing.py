"""A rule is filled in by its fields: opened and kept it changes nothing; what is wrong is told at its field."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from regulars.faces.console.tests import programs_shop, shop
from regulars.faces.console.tests.programs_shop import KEY
from regulars.faces.console.tests.serving import words
from regulars.loyalty.definitions.document.rules import PerAmount, Rule
from regulars.loyalty.definitions.queries import get_draft
from regulars.loyalty.definitions.services import save_draft

PAGE = f"/loyalty/programs/{KEY}"
NEW = f"{PAGE}/new-rule"


class Fields(HTMLParser):
    """What a browser would send of a form."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.told: dict[str, list[str]] = {}
        self._form, self._within = form, False
        self._select = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "form":
            self._within = told.get("id") == self._form
        name, value = told.get("name") or "", told.get("value") or ""
        if not self._within or "disabled" in told:
            return
        is_off = told.get("type") in {"checkbox", "radio"} and "checked" not in told
        if tag == "input" and name and not is_off:
            self._add(name, "on" if told.get("type") == "checkbox" and "value" not in told else value)
        if tag == "select":
            self._select = name
        if tag == "option" and self._select and "selected" in told:
            self._add(self._select, value)
        if tag == "textarea":
            self._text = name
            self._add(name, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._within = False
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._text = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.told[self._text][-1] += data

    def _add(self, name: str, value: str) -> None:
        self.told.setdefault(name, []).append(value)


def fields(page: str, form: str = "rule") -> dict[str, list[str]]:
    reader = Fields(form)
    reader.feed(page)
    return reader.told


def errors(page: str) -> list[str]:
    """The errors of a page, each with the field that it stands at."""
    return [words(each).strip() for each in re.findall(r'<p class="field-error">(.*?)</p>', page, flags=re.DOTALL)]


def varied() -> None:
    shop.business()
    programs_shop.drafted(programs_shop.VARIED)


def plain() -> None:
    shop.business()
    programs_shop.drafted(programs_shop.PLAIN)


def kept(key: str) -> Rule:
    [found] = [each for each in get_draft(KEY).document.rules if each.key == key]
    return found


@pytest.mark.begins_with(what=varied)
def test_a_rule_that_is_opened_and_kept_as_it_is_changes_nothing(owner: Client) -> None:
    digest, rules = get_draft(KEY).digest, [each.key for each in get_draft(KEY).document.rules]
    assert len(rules) == 9
    for key in rules:
        told = fields(owner.get(f"{PAGE}/rules/{key}").text)
        answer = owner.post(f"{PAGE}/rules/{key}", told | {"save": "1"})
        assert answer.status_code == 302, (key, errors(answer.text))
        assert get_draft(KEY).digest == digest, key


@pytest.mark.begins_with(what=plain)
def test_a_rule_is_added_and_gets_its_key_from_its_name(owner: Client) -> None:
    told = fields(owner.get(NEW).text)
    more: dict[str, Any] = {"name": "Coffee on Tuesdays", "trigger": "line", "grant": "per_item", "points": "3"}
    more |= {"condition": 'line.category = "Coffee"', "hours": "weekly", "days": ["TU"]}
    more |= {"hours_from": "17:00", "hours_until": "19:00", "cap-0-amount": "60", "cap-0-period": "month"}
    page = owner.post(NEW, told | more | {"save": "1"}, follow=True)
    assert page.redirect_chain, errors(page.text)
    assert (
        "3 points for each piece, on lines of orders, where Category of the line is Coffee, Tuesday 17:00–19:00,"
        " at most 60 points a month for each member." in words(page.text)
    )
    found = kept("coffee_on_tuesdays")
    assert found.hours
    assert (found.hours.rrule, found.hours.minutes) == ("FREQ=WEEKLY;BYDAY=TU;BYHOUR=17;BYMINUTE=0", 120)
    # A name that comes twice needs a key of its own.
    again = owner.post(NEW, told | more | {"save": "1"}).text
    assert "There is another one with the key coffee_on_tuesdays." in errors(again)


@pytest.mark.begins_with(what=plain)
@pytest.mark.parametrize(
    ("more", "field", "error"),
    [
        ({"name": ""}, "id_name", "It has 1 characters at least."),
        ({"points": ""}, "id_points", "It needs points."),
        ({"points": "-1"}, "id_points", "It is more than 0."),
        ({"amount-0-amount": ""}, "amount-0-amount", "There are 1 of them at least."),
        ({"amount-0-currency": "EUX"}, "amount-0-currency", "EUX is no currency of ISO 4217."),
        ({"condition": "orders.cuont > 1"}, "id_condition", "Is orders.count meant?"),
        ({"trigger": "enrolment"}, "id_grant", "This needs an order or its lines to set the rule off."),
        ({"trigger": "event", "grant": "fixed", "event": "written"}, "id_event", "It has another form"),
        ({"trigger": "schedule", "grant": "fixed"}, "id_schedule_start", "It needs start."),
        ({"grant": "formula", "expression": "cart.total +"}, "id_expression", ""),
        ({"start": "2026-05-01", "end": "2026-04-01"}, "id_end", "It ends before it starts."),
        ({"hours": "weekly"}, "id_days", "This is missing."),
        ({"hours": "rrule", "hours_rrule": "FREQ=SECONDLY", "hours_minutes": "5"}, "id_hours_rrule", ""),
        ({"cap-0-amount": "0.5"}, "cap-0-amount", "A whole number stands here."),
        ({"cap-0-amount": "5", "cap-0-measure": "money"}, "cap-0-amount", "needs the cost of a point"),
        ({"activation": "delay"}, "id_activation_after", "It needs after."),
        ({"expiry": "calendar", "expiry_month": "13", "expiry_day": "1"}, "id_expiry_month", "It is 12 at most."),
        ({"priority": "5000"}, "id_priority", "It is 1,000 at most."),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_kept(
    owner: Client, more: dict[str, str], field: str, error: str
) -> None:
    digest = get_draft(KEY).digest
    told = fields(owner.get(NEW).text) | {"name": "New"} | more
    answer = owner.post(NEW, told | {"save": "1"})
    assert answer.status_code == 200
    assert get_draft(KEY).digest == digest
    found = errors(answer.text)
    assert found
    assert any(error in each for each in found), found
    # The error stands behind its field, before the next one.
    place = answer.text.index(f'id="{field}' if field.startswith("id_") else f'name="{field}"')
    rest = answer.text[place:]
    assert 0 < rest.index('class="field-error"') < 2_600, rest[:2_600]


@pytest.mark.begins_with(what=plain)
def test_fields_follow_from_what_is_chosen_and_keep_what_was_typed(owner: Client) -> None:
    told = fields(owner.get(NEW).text) | {"name": "Mine", "trigger": "event", "grant": "fixed", "points": "20"}
    page = owner.post(NEW, told | {"draw": "1"}).text
    again = fields(page)
    assert again["name"] == ["Mine"]
    assert again["points"] == ["20"]
    assert "event" in again
    assert errors(page) == []
    # A filled row makes room for another.
    assert "amount-1-amount" in fields(owner.post(NEW, told | {"draw": "1", "grant": "per_amount"}).text)


@pytest.mark.begins_with(what=plain)
def test_who_saves_over_what_somebody_else_has_changed_is_told_and_can_put_the_rule_there(owner: Client) -> None:
    told = fields(owner.get(f"{PAGE}/rules/shopping").text) | {"points": "3"}
    changed = programs_shop.PLAIN.replace("name: Club", "name: Another")
    save_draft(text=changed, now=shop.now(), actor=shop.ACTOR)
    page = owner.post(f"{PAGE}/rules/shopping", told | {"save": "1"}).text
    assert "Somebody else has changed this programme meanwhile" in page
    assert isinstance(kept("shopping").grant, PerAmount)
    assert kept("shopping").grant.points == 1  # type: ignore[union-attr]
    # What was typed is still there, and the next time it is put into what stands there now.
    again = fields(page)
    assert again["points"] == ["3"]
    assert owner.post(f"{PAGE}/rules/shopping", again | {"save": "1"}).status_code == 302
    assert kept("shopping").grant.points == 3  # type: ignore[union-attr]
    assert get_draft(KEY).document.name == "Another"


@pytest.mark.begins_with(what=plain)
def test_a_condition_is_told_as_lines_and_as_a_text(owner: Client) -> None:
    part = f"{PAGE}/condition"
    page = owner.get(part, {"by": "text", "trigger": "line", "condition": 'line.category = "Coffee"'}).text
    assert "Category of the line is Coffee" in page
    assert 'name="fact.0" value="line.category"' in page
    # What a line says is known of orders' lines only.
    page = owner.get(part, {"by": "text", "trigger": "enrolment", "condition": 'line.category = "Coffee"'}).text
    assert "<mark>line.category</mark>" in page
    told = {"trigger": "order", "lines": "1", "fact.0": "cart.total", "asked.0": ">=", "value.0": "50"}
    assert "cart.total &gt;= 50" in owner.get(part, told).text
    page = owner.get(part, told | {"add": "cart.is_first"}).text
    assert 'name="fact.1" value="cart.is_first"' in page
    offers = owner.get(f"{part}/line/complete", {"text": "line.cat", "at": "8"}).json()["items"]
    assert [each["text"] for each in offers] == ["line.category"]
    assert owner.get(f"{part}/enrolment/complete", {"text": "line.cat", "at": "8"}).json()["items"] == []
