from __future__ import annotations

import time
from typing import Any

import pytest

from regulars.kit.ids import new_id
from regulars.loyalty.rewards import generating
from regulars.loyalty.rewards.generating import generate_codes, get_batch, iter_codes
from regulars.loyalty.rewards.tests.reward_shop import ACTOR, NOW, at_once, series


def test_two_who_make_the_same_batch_at_once_make_it_once(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    version, batch_id = series(), new_id()
    monkeypatch.setattr(generating, "_AT_ONCE", 50)

    def generate(number: int) -> int:
        told: dict[str, Any] = {"version": version, "series": "five", "count": 1000, "batch_id": batch_id}
        return generate_codes(**told, now=NOW, actor=ACTOR).made

    assert at_once(4, generate) == [1000] * 4
    assert len(set(iter_codes(batch_id))) == get_batch(batch_id).made == 1000


@pytest.mark.soak
def test_a_million_codes_are_made_in_well_under_a_minute(fresh_database: str) -> None:
    version, batch_id = series(), new_id()
    began = time.perf_counter()
    generate_codes(version=version, series="five", count=1_000_000, batch_id=batch_id, now=NOW, actor=ACTOR)
    took = time.perf_counter() - began
    assert len(set(iter_codes(batch_id))) == 1_000_000
    print(f"a million codes in {took:.1f} s")
    assert took < 60
