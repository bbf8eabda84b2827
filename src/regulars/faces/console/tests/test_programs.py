"""The pages of programmes: begun, looked at, their rules listed, moved and taken out, their tiers."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from regulars.faces.console.tests import programs_shop, shop
from regulars.faces.console.tests.programs_shop import KEY
from regulars.faces.console.tests.serving import client_of, words
from regulars.kit import formats
from regulars.loyalty.definitions.queries import get_draft, get_newest_version, get_version_at, list_programs
from regulars.loyalty.ledger.queries import get_totals
from regulars.loyalty.tiers.queries import get_ladder
from regulars.staff.contracts import Role

PAGE = f"/loyalty/programs/{KEY}"


def test_before_there_is_a_programme_the_page_teaches_the_first_step_and_does_it(owner: Client) -> None:
    shop.business()
    assert "No programme yet" in owner.get("/loyalty/programs").text
    # Who may only look is told who does it.
    seen = client_of(Role.AGENT).get("/loyalty/programs").text
    assert "Begin with the example" not in seen
    assert "Owners and managers begin one." in seen
    assert client_of(Role.AGENT).post("/loyalty/programs/from-example").status_code == 403
    page = owner.post("/loyalty/programs/from-example", follow=True)
    assert page.redirect_chain[-1][0] == f"{PAGE}/rules"
    assert "A draft is made from the example" in page.text
    assert [each.has_draft for each in list_programs()] == [True]
    # It is not made twice over what somebody has made of it.
    again = owner.post("/loyalty/programs/from-example", follow=True).text
    assert "Somebody else has changed this programme" in again


def test_the_list_goes_straight_to_the_one_there_is_and_shows_itself_when_asked(owner: Client) -> None:
    shop.business()
    programs_shop.published()
    assert owner.get("/loyalty/programs").headers["Location"] == PAGE
    shown = owner.get("/loyalty/programs?all=1").text
    assert "The Roastery Club" in shown
    assert "In force" in shown
    assert owner.get("/loyalty/programs/nothing").status_code == 404


def test_a_programme_that_is_only_a_draft_says_so_everywhere(owner: Client) -> None:
    shop.business()
    programs_shop.drafted()
    page = words(owner.get(PAGE).text)
    assert "Nothing is published yet: nobody earns by this programme." in page
    assert "Not in force yet" in page
    assert "Only a draft" in owner.get("/loyalty/programs?all=1").text
    assert "only in the draft" in owner.get(f"{PAGE}/rules").text
    for part in ("tiers", "try", "versions", "text"):
        assert owner.get(f"{PAGE}/{part}").status_code == 200, part


@pytest.mark.begins_with(what=programs_shop.lived)
def test_the_overview_adds_up_to_the_ledger(owner: Client) -> None:
    version = get_newest_version(KEY)
    assert version
    totals = get_totals(version.program_id, "beans")
    page = owner.get(PAGE).text
    earned = sum(
        int(each.replace(",", "")) for each in re.findall(r'<th scope="row">[^<]+</th><td class="n">([\d,]+)<', page)
    )
    # The oldest order is older than the twelve months that the chart shows.
    assert 0 < earned <= totals.issued
    assert f"members earned {formats.number(earned)} Beans" in page
    assert f'data-figure="loyalty-outstanding">{formats.number(totals.outstanding)}<' in page
    assert 'data-figure="loyalty-members">41<' in page
    # The other currency is one click away, and its own.
    stars = owner.get(f"{PAGE}?currency=stars").text
    assert "which count for tiers alone" in stars
    assert owner.get(f"{PAGE}?currency=gold").text.count("Beans by month") == 1


@pytest.mark.begins_with(what=programs_shop.lived)
def test_each_rule_is_told_in_a_sentence_with_how_it_stands(owner: Client) -> None:
    page = words(owner.get(f"{PAGE}/rules").text)
    assert "6 rules say what is earned. Version 1 is in force." in page
    assert "1 point of Beans for each EUR or CHF, on orders. in force" in page
    assert "at most 80 points of Beans a month for each member. changed in the draft" in page


@pytest.mark.begins_with(what=programs_shop.lived)
def test_a_rule_is_taken_out_of_the_draft_and_stays_in_force(owner: Client) -> None:
    digest = get_draft(KEY).digest
    page = owner.post(f"{PAGE}/rules/welcome/remove", {"digest": digest}, follow=True).text
    assert "taken out of the draft" in page
    assert "in force, taken away in the draft" in page
    assert "welcome" not in [each.key for each in get_draft(KEY).document.rules]
    lived = get_version_at(KEY, shop.now())
    assert lived
    assert "welcome" in [each.key for each in lived.document.rules]
    # Who begins from what is no longer there overwrites nobody's work.
    page = owner.post(f"{PAGE}/rules/birthday/remove", {"digest": digest}, follow=True).text
    assert "Somebody else has changed this programme" in page
    assert "birthday" in [each.key for each in get_draft(KEY).document.rules]


@pytest.mark.begins_with(what=programs_shop.lived)
def test_rules_are_moved_one_place_at_a_time(owner: Client) -> None:
    before = [each.key for each in get_draft(KEY).document.rules]
    owner.post(f"{PAGE}/rules/{before[0]}/move", {"to": "down"})
    after = [each.key for each in get_draft(KEY).document.rules]
    assert after == [before[1], before[0], *before[2:]]
    owner.post(f"{PAGE}/rules/{before[0]}/move", {"to": "up"})
    assert [each.key for each in get_draft(KEY).document.rules] == before
    # The first goes no higher, and one that is not there goes nowhere.
    owner.post(f"{PAGE}/rules/{before[0]}/move", {"to": "up"})
    owner.post(f"{PAGE}/rules/nothing/move", {"to": "up"})
    assert [each.key for each in get_draft(KEY).document.rules] == before


@pytest.mark.begins_with(what=programs_shop.lived)
def test_who_may_only_look_sees_all_of_it_and_changes_nothing(owner: Client) -> None:
    analyst = client_of(Role.ANALYST)
    for part in ("", "/rules", "/rules/welcome", "/text", "/try", "/tiers", "/versions", "/text/download"):
        assert analyst.get(f"{PAGE}{part}").status_code == 200, part
    page = analyst.get(f"{PAGE}/rules").text + analyst.get(f"{PAGE}/rules/welcome").text
    for what in ("Add a rule", "Keep it in the draft", "Remove Welcome"):
        assert what not in page
    digest = get_draft(KEY).digest
    for part in ("/rules/welcome/remove", "/rules/welcome/move", "/versions/discard", "/versions/publish", "/new-rule"):
        assert analyst.post(f"{PAGE}{part}").status_code == 403, part
    analyst.post(f"{PAGE}/rules/welcome", {"save": "1", "name": "Mine", "trigger": "enrolment"})
    analyst.post(f"{PAGE}/text", {"save": "1", "text": "program: club"})
    assert get_draft(KEY).digest == digest
    assert owner.get(f"{PAGE}/rules/nothing").status_code == 404


@pytest.mark.begins_with(what=programs_shop.lived)
def test_the_ladder_tells_who_stands_where_what_it_gives_and_who_moves_next(owner: Client) -> None:
    version = get_version_at(KEY, shop.now())
    assert version
    counts = [rung.members for rung in get_ladder(version)]
    page = owner.get(f"{PAGE}/tiers").text
    shown = [int(each) for each in re.findall(r'<td class="n">(\d+)</td>', page)]
    # The highest rung stands above.
    assert shown[: len(counts)] == list(reversed(counts))
    text = words(page)
    assert "Stars of the calendar year count; one climbs at once; who does not qualify again falls by one step" in text
    assert "×1.25 Beans" in text
    assert "from 50 Stars" in text
    assert "on the birthday: A coffee" in text
    assert "Green → Roasted" in text
    assert re.search(r"\d+ Stars missing", text)
    # Each leads to the customer.
    addresses = re.findall(r'class="row-link" href="(/customers/[0-9a-f-]+)"', page)
    assert addresses
    assert owner.get(addresses[0]).status_code == 200


def test_without_tiers_the_page_teaches_how_they_come(owner: Client) -> None:
    shop.business()
    programs_shop.drafted(programs_shop.PLAIN)
    page = owner.get(f"{PAGE}/tiers").text
    assert "No tiers yet" in page
    assert f'href="{PAGE}/text"' in page
