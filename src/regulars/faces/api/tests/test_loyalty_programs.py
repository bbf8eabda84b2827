from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from regulars.business.contracts import Business
from regulars.business.services import save_business
from regulars.client import ApiError, Client
from regulars.faces.api.tests.loyalty_shop import ACTOR, BEFORE, DOCUMENT, NOW, club, member
from regulars.faces.api.tests.test_loyalty_members import LADDER
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.example import EXAMPLE
from regulars.loyalty.definitions.writing import to_yaml


@pytest.fixture
def euros(db: None) -> None:
    business = Business(
        name="Shop", zone="Europe/Vienna", reporting_currency="EUR", language="en", country="AT", brand_colour="#0d6b50"
    )
    save_business(business=business, now=BEFORE, actor=ACTOR)


def problem(call: Any) -> tuple[int, str]:
    with pytest.raises(ApiError) as refused:
        call()
    return refused.value.status, refused.value.code


@pytest.mark.usefixtures("euros")
def test_a_programme_is_drafted_checked_published_changed_compared_and_rolled_back(client: Client):
    loyalty = client.loyalty
    assert loyalty.check(EXAMPLE) == []
    draft = loyalty.save_draft("club", EXAMPLE)
    assert (draft["program"], draft["faults"]) == ("club", [])
    assert loyalty.draft("club") == draft
    first = loyalty.publish("club", note="the first", expected_digest=draft["digest"])
    assert (first["number"], first["digest"]) == (1, draft["digest"])
    assert loyalty.check(first["yaml"]) == []
    changed = EXAMPLE.replace("points: 100}", "points: 150}")
    loyalty.save_draft("club", changed, expected_digest=first["digest"])
    diff = loyalty.diff("club")
    assert (diff["before"], diff["after"]) == (1, None)
    assert [(each["pointer"], each["before"], each["after"]) for each in diff["changes"]] == [
        ("/rules/welcome/grant/points", 100, 150)
    ]
    later = (NOW + timedelta(days=1)).isoformat()
    assert loyalty.publish("club", effective_at=later)["number"] == 2
    assert loyalty.diff("club", before=2, after=1)["changes"][0]["after"] == 100
    back = loyalty.roll_back("club", to_version=1, effective_at=(NOW + timedelta(days=2)).isoformat(), note="no")
    assert (back["number"], back["digest"]) == (3, first["digest"])
    assert [(each["number"], each["from_version"]) for each in loyalty.versions("club")] == [
        (3, 1),
        (2, None),
        (1, None),
    ]
    assert loyalty.version("club", 2)["document"]["rules"][3]["grant"]["points"] == 150
    [summary] = loyalty.programs()
    assert (summary["key"], summary["newest_number"], summary["has_draft"]) == ("club", 3, False)
    assert loyalty.program("club") == summary


@pytest.mark.usefixtures("euros")
def test_faults_are_told_with_their_places(client: Client):
    wrong = EXAMPLE.replace("currency: stars\n    grant", "currency: moons\n    grant")
    [fault] = client.loyalty.check(wrong)
    assert fault["pointer"].startswith("/rules/")
    assert wrong.splitlines()[fault["line"] - 1].strip().startswith("currency: moons")
    assert client.loyalty.save_draft("club", wrong)["faults"] == [fault]
    with pytest.raises(ApiError) as refused:
        client.loyalty.publish("club")
    assert (refused.value.status, refused.value.values["pointer"]) == (422, fault["pointer"])
    unreadable = client.loyalty.check("format: 1\nprogram: [")
    assert unreadable[0]["line"] > 0
    assert problem(lambda: client.loyalty.save_draft("club", "format: 1\nprogram: ["))[0] == 422


@pytest.mark.usefixtures("euros")
def test_nobodys_work_is_lost_and_nothing_begins_in_the_past(client: Client):
    loyalty = client.loyalty
    draft = loyalty.save_draft("club", EXAMPLE, expected_digest="")
    assert problem(lambda: loyalty.save_draft("club", EXAMPLE, expected_digest="other")) == (409, "draft_changed")
    assert problem(lambda: loyalty.publish("club", expected_digest="other")) == (409, "draft_changed")
    past = (NOW - timedelta(days=1)).isoformat()
    assert problem(lambda: loyalty.publish("club", effective_at=past)) == (422, "effective_too_early")
    assert problem(lambda: loyalty.save_draft("others", EXAMPLE)) == (422, "other_program")
    loyalty.discard_draft("club")
    assert problem(lambda: loyalty.draft("club")) == (404, "no_draft")
    assert problem(lambda: loyalty.publish("nothing")) == (404, "no_such_program")
    assert draft["digest"]


@pytest.mark.usefixtures("euros")
def test_who_moves_is_told_before_a_draft_is_published(client: Client):
    who = member(club(tier_sets=LADDER))
    client.loyalty.unlock_tier(who, "status")
    status, circle = LADDER
    easier = status | {"tiers": [{"key": "everybody", "name": "Everybody"}]}

    document = Program.model_validate(DOCUMENT | {"tier_sets": [easier, circle]})
    draft = client.loyalty.save_draft("club", to_yaml(document))
    report = client.loyalty.moves("club")
    assert (report["digest"], report["members"]) == (draft["digest"], 1)
    [moves] = [each for each in report["tier_sets"] if each["tier_set"] == "status"]
    assert moves["after"]["everybody"] == 1
    assert [each["first"] for each in moves["matrix"] if each["to_tier"] == "everybody"] == [[who]]
    assert client.loyalty.member(who)["tiers"][0]["tier"] == "guest"


def test_an_overview_counts_members_and_points(client: Client):
    version = club()
    who = member(version, beans=100)
    client.loyalty.redeem(who, "coffee")
    found = client.loyalty.overview("club", days=365)
    assert (found["members"]["active"], found["active"], found["active_rate"]) == (1, 1, 1.0)
    [beans] = found["flows"]
    assert (beans["issued"], beans["redeemed"], beans["outstanding"], beans["redemption_rate"]) == (100, 50, 50, 0.5)


@pytest.mark.django_db
def test_a_reader_changes_no_programme():
    club()
    reader = Client(URL, make_key("loyalty.read"), transport=transport(), attempts=1)
    assert reader.loyalty.programs()
    for call in (
        lambda: reader.loyalty.save_draft("club", EXAMPLE),
        lambda: reader.loyalty.publish("club"),
        lambda: reader.loyalty.roll_back("club", to_version=1),
        lambda: reader.loyalty.discard_draft("club"),
    ):
        assert problem(call) == (403, "forbidden")
