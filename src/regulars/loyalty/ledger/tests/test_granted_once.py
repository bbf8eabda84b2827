"""An occasion grants once, however often it is told."""

from __future__ import annotations

import pytest

from regulars.kit.ids import new_id
from regulars.loyalty.ledger import bulk
from regulars.loyalty.ledger.models import Lot
from regulars.loyalty.ledger.services import grant_points
from regulars.loyalty.ledger.tests.ledger_shop import ACTOR, NOON, member, points, shop


@pytest.mark.django_db
def test_an_occasion_that_has_granted_is_answered_with_what_it_did():
    version = shop()
    who, what = member(version), points(7, occasion=new_id())
    told = {"member_id": who.id, "currency": "points", "what": what, "version": version}
    first = grant_points(**told, now=NOON, actor=ACTOR)
    assert grant_points(**told, now=NOON, actor=ACTOR) == {**first, "replayed": True}
    assert [lot.active for lot in Lot.objects.all()] == [7]


@pytest.mark.django_db
def test_a_bonus_to_many_is_not_granted_again_one_by_one():
    version = shop()
    who, what = member(version), points(7, rule="bonus")
    bulk.grant_to_many(what=what, currency="points", occurrence="2026", version=version, now=NOON, actor=ACTOR)
    again = points(7, rule="bonus", occasion=bulk.occasion_of(who.id, "bonus", "2026"))
    told = {"member_id": who.id, "currency": "points", "what": again, "version": version}
    answer = grant_points(**told, now=NOON, actor=ACTOR)
    assert (answer["points"], answer["replayed"]) == (7, True)
    assert [lot.active for lot in Lot.objects.all()] == [7]
