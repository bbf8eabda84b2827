"""Who may give or take how much by hand is in the programme, and nobody may more."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.membership.authority import (
    AboveAuthority,
    NotAPerson,
    check_limit,
    check_second,
    limit_of,
    waits_for_second,
)
from regulars.loyalty.membership.contracts import Authority
from regulars.loyalty.membership.tests.member_shop import BEGIN, CLUB

ROLES = ("owner", "manager", "agent", "till", "key", "analyst", "")
POINTS = st.integers(-20_000, 20_000).filter(bool)


def version(**authority: object) -> ProgramVersion:
    document = Program.model_validate({key: CLUB[key] for key in ("program", "name", "currencies")} | authority)
    return ProgramVersion(
        program_id=new_id(),
        program_key="club",
        number=1,
        effective_at=BEGIN,
        document=document,
        digest="",
        zone=ZoneInfo("Europe/Vienna"),
    )


LIMITED = version(authority={"by_role": {"owner": 10_000, "agent": 100, "key": 50}, "second_above": 500})


@given(POINTS, st.sampled_from(ROLES))
def test_what_is_above_the_limit_of_a_role_is_refused_and_the_limit_is_told(points: int, role: str) -> None:
    limit = {"owner": 10_000, "agent": 100, "key": 50}.get(role, 0)
    if abs(points) <= limit:
        check_limit(points, LIMITED, Authority(role))
        return
    with pytest.raises(AboveAuthority) as error:
        check_limit(points, LIMITED, Authority(role))
    assert (error.value.code, error.value.limit) == ("above_authority", limit)
    assert f"which is {limit:,}." in error.value.message


@given(POINTS)
def test_what_is_taken_waits_for_a_second_person_as_what_is_given_does(points: int) -> None:
    assert waits_for_second(points, LIMITED) == waits_for_second(-points, LIMITED) == (abs(points) > 500)
    assert not waits_for_second(points, version())


def test_a_program_decides_for_nobody_however_much_it_may_ask_for() -> None:
    with pytest.raises(NotAPerson):
        check_second(10, LIMITED, Authority("key"))
    check_second(100, LIMITED, Authority("agent"))
    with pytest.raises(AboveAuthority):
        check_second(101, LIMITED, Authority("agent"))


def test_where_a_programme_says_nothing_a_till_and_a_program_may_nothing() -> None:
    limits = {role: limit_of(version(), Authority(role)) for role in ROLES}
    assert limits == {
        "owner": 1_000_000,
        "manager": 10_000,
        "agent": 500,
        "till": 0,
        "key": 0,
        "analyst": 0,
        "": 0,
    }


def test_a_role_that_is_left_out_may_nothing() -> None:
    told = version(authority={"by_role": {"agent": 5}})
    assert [limit_of(told, Authority(role)) for role in ("owner", "agent")] == [0, 5]
