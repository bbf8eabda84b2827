"""Orders that come under a name which was merged are those of the member that it leads to."""

from __future__ import annotations

import pytest

from regulars.customers.contracts import IdentifierKind
from regulars.loyalty.adjudication.tests.programme_shop import order, per_euro, put
from regulars.loyalty.ledger.models import Member as MemberRow
from regulars.loyalty.membership.tests.member_shop import available, club, customer, member, merge

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("by", ["asking", "ordering"])
def test_an_order_under_the_merged_name_earns_for_the_member_and_makes_no_second_one(by: str) -> None:
    club(rules=[per_euro(currency="beans")], enrolment={"by": by})
    ines, other = member(), customer((IdentifierKind.EMAIL, "ann@example.org"))
    merge(ines, other)
    put(order("1", 500))
    assert available(ines.id) == 5
    assert MemberRow.objects.count() == 1
