"""A shop small enough to work out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from regulars.intake.contracts import Settings
from regulars.report.contracts import Options
from regulars.report.run import Goals, run

ORDERS = """customer,order,date,amount
ann,1,2026-01-01,20.00
ann,2,2026-02-10,30.00
bob,3,2026-01-05,15.00
bob,4,2026-02-27,25.00
cy,5,2026-01-20,60.00
cy,6,2026-02-25,-60.00
dee,7,2026-02-20,12.50
eve,8,2026-01-10,40.00
eve,9,2026-02-12,-10.00
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("small") / "orders.csv"
    path.write_text(ORDERS)
    return run([path], settings=Settings(), options=Options(as_of=date(2026, 3, 1)), goals=Goals()).report


def test_who_got_all_money_back_is_no_customer(report):
    # Cy's 60.00 is undone by the refund of the same amount; Eve's 10.00 matches nothing and stays on its own day.
    assert report.metrics.customers == 4
    linked = {count.reason.code: count.count for count in report.data.treated}
    assert (linked["refund_linked"], linked["refund_unlinked"]) == (1, 1)


def test_revenue_is_net_and_adds_up(report):
    assert report.metrics.revenue_minor == 2_000 + 3_000 + 1_500 + 2_500 + 1_250 + 4_000 - 1_000
    assert report.metrics.refunded_minor == 6_000 + 1_000


def test_refunds_count_in_the_window_of_their_day(report):
    # The window is half of the 60 days of history: from 31 January to 1 March.
    assert report.metrics.retention_window_days == 30
    assert report.metrics.revenue_in_window_minor == 3_000 + 2_500 + 1_250 - 1_000
    assert report.metrics.previous_revenue_in_window_minor == 2_000 + 1_500 + 4_000
    assert report.metrics.returning_revenue_share == pytest.approx((3_000 + 2_500 - 1_000) / 5_750)


def test_rates_are_those_worked_out_by_hand(report):
    # Of Ann, Bob and Eve, who bought in the window before, Ann and Bob came back.
    assert report.metrics.retention_rate.value == pytest.approx(2 / 3)
    assert report.metrics.repeat_purchase_rate.value == pytest.approx(2 / 4)
    assert report.metrics.active_customers == 3


def test_a_shop_of_four_has_no_groups_to_act_on(report):
    assert report.actions == ()


def test_windows_end_on_days_whatever_counts_as_one_purchase(report, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    options = Options(as_of=date(2026, 3, 1), grain="week")
    weekly = run([path], settings=Settings(), options=options, goals=Goals()).report
    for name in ("revenue_in_window_minor", "previous_revenue_in_window_minor", "active_customers", "retention_rate"):
        assert getattr(weekly.metrics, name) == getattr(report.metrics, name)
    assert weekly.activity == report.activity
    assert weekly.cohorts == report.cohorts
