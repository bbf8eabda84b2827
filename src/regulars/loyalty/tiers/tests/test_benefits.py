"""What the tiers of a member give together."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.tiers.benefits import benefits_of, factor_of


def program(**said: object) -> Program:
    def ladder(key: str, **benefits: object) -> dict[str, object]:
        return {
            "key": key,
            "name": key,
            "basis": {"kind": "orders"},
            "period": {"kind": "calendar"},
            "tiers": [
                {"key": "low", "name": "Low"},
                {"key": "high", "name": "High", "threshold": 5, "benefits": benefits},
            ],
        }

    return Program.model_validate(
        {
            "program": "club",
            "name": "Club",
            "currencies": [{"key": "beans", "name": "Beans"}],
            "tier_sets": [
                ladder("status", multipliers={"beans": 1.5}, early_access_hours=12, words=["Hello", "Free coffee"]),
                ladder(
                    "years",
                    multipliers={"beans": 1.2},
                    early_access_hours=48,
                    free_shipping=True,
                    birthday_reward="cake",
                    words=["Hello"],
                ),
            ],
        }
        | said
    )


def test_the_benefits_of_all_tiers_come_together() -> None:
    found = benefits_of(program(), {"status": "high", "years": "high"})
    assert [(each.tier_set, each.tier, each.currency, each.factor) for each in found.multipliers] == [
        ("status", "high", "beans", Decimal("1.5")),
        ("years", "high", "beans", Decimal("1.2")),
    ]
    assert (found.free_shipping, found.early_access_hours) == (True, 48)
    assert (found.birthday_rewards, found.words) == (("cake",), ("Hello", "Free coffee"))


@pytest.mark.parametrize(("multipliers", "factor"), [("add", "1.7"), ("compound", "1.8")])
def test_multipliers_come_together_as_the_programme_says(multipliers: str, factor: str) -> None:
    document = program(multipliers=multipliers)
    found = benefits_of(document, {"status": "high", "years": "high"})
    assert factor_of(document, found, "beans") == Decimal(factor)
    assert factor_of(document, found, "stars") == 1


def test_a_low_tier_one_that_is_no_more_and_none_give_nothing() -> None:
    nothing = benefits_of(program(), {})
    assert benefits_of(program(), {"status": "low", "years": "gone", "other": "high"}) == nothing
    assert (nothing.multipliers, nothing.free_shipping, nothing.early_access_hours) == ((), False, 0)
