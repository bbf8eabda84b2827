"""Whatever the orders are, they are analysed, or it is said why not; and what is said of them adds up."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.intake.contracts import Settings
from regulars.kit.errors import DomainError
from regulars.report.contracts import Options
from regulars.report.json_form import to_json
from regulars.report.page import render_html
from regulars.report.run import Goals, run

DAY = date(2025, 1, 1)

rows = st.tuples(
    st.sampled_from(["ann", "bob", "cy", "dee", "Ève", "f,g", "", "0"]),
    st.integers(0, 40).map(str),
    st.integers(0, 500).map(lambda n: (DAY + timedelta(days=n)).isoformat()),
    st.decimals(-500, 2_000, places=2).map(str) | st.sampled_from(["0", "9999999999.99", "free", ""]),
)
wishes = st.fixed_dictionaries(
    {},
    optional={
        "horizon_days": st.integers(1, 400),
        "train_until": st.integers(0, 500).map(lambda n: DAY + timedelta(days=n)),
        "as_of": st.integers(0, 600).map(lambda n: DAY + timedelta(days=n)),
        "grain": st.sampled_from(["day", "week"]),
        "unit": st.sampled_from(["day", "week"]),
        "margin": st.floats(0.01, 1.0),
    },
)


@settings(max_examples=25)
@given(st.lists(rows, min_size=1, max_size=60), wishes)
def test_any_orders_are_analysed_or_explained(tmp_path_factory, lines, wish):
    folder = tmp_path_factory.mktemp("any")
    path = folder / "orders.csv"
    quoted = [",".join(f'"{cell}"' for cell in line) for line in lines]
    path.write_text("\n".join(["customer,order,date,amount", *quoted]))
    try:
        analysis = run([path], settings=Settings(today=date(2027, 1, 1)), options=Options(**wish), goals=Goals())
    except DomainError as error:
        explanation = str(error)
    else:
        check(analysis, len(lines))
        return
    assert len(explanation.splitlines()) == 1


def check(analysis, rows):
    """Assert that the report adds up, and can be shown."""
    report = analysis.report
    assert report.data.rows == rows == report.data.used + sum(count.count for count in report.data.refused)
    assert len(analysis.scores) == report.metrics.customers == sum(segment.customers for segment in report.segments)
    assert sum(analysis.scores["orders"].to_pylist()) <= report.metrics.orders
    json.dumps(to_json(report), allow_nan=False)
    page = render_html(report, language="en")
    assert ">nan<" not in page.lower()
    assert ">none<" not in page.lower()


def shop(path, times, zone):
    """Report on one customer per time of a CSV, and return the days on which they bought."""
    path.write_text("customer,order,date,amount\n" + "".join(f"c{n},o{n},{t},5.00\n" for n, t in enumerate(times)))
    analysis = run([path], settings=Settings(zone=zone), options=Options(zone=zone), goals=Goals())
    return [day.isoformat() for day in analysis.scores.sort_by("customer")["first_on"].to_pylist()]


def test_days_are_those_of_the_stated_zone_across_the_change_to_summer_time(tmp_path):
    # Berlin changed from UTC+1 to UTC+2 in the night to 30 March 2025.
    times = ["2025-03-29T22:30:00Z", "2025-03-29T23:30:00Z", "2025-03-30T21:30:00Z", "2025-03-30T22:30:00Z"]
    assert shop(tmp_path / "o.csv", times, "Europe/Berlin") == ["2025-03-29", "2025-03-30", "2025-03-30", "2025-03-31"]
    assert shop(tmp_path / "o.csv", times, "UTC") == ["2025-03-29", "2025-03-29", "2025-03-30", "2025-03-30"]


def test_several_currencies_are_never_added_up(tmp_path):
    path = tmp_path / "orders.csv"
    lines = [f"c{n % 9},o{n},2025-0{1 + n % 9}-11,10.00,{'USD' if n % 3 else 'EUR'}" for n in range(90)]
    path.write_text("\n".join(["customer,order,date,amount,currency", *lines]))
    with pytest.raises(DomainError) as caught:
        run([path], settings=Settings(), options=Options(), goals=Goals())
    assert caught.value.code == "several_currencies"
    report = run([path], settings=Settings(currency="EUR"), options=Options(), goals=Goals()).report
    assert report.metrics.revenue_minor == 30 * 1_000
    assert [(count.reason.code, count.count) for count in report.data.refused] == [("other_currency", 60)]


@pytest.mark.spark
def test_spark_reports_what_duckdb_reports(java, tmp_path):
    path = tmp_path / "orders.csv"
    days = [(DAY + timedelta(days=(7 * n + n * n) % 400)).isoformat() for n in range(240)]
    path.write_text(
        "\n".join(["customer,order,date,amount", *(f"c{n % 31},o{n},{days[n]},{5 + n % 13}.25" for n in range(240))])
    )
    found = []
    for engine in ("duckdb", "spark"):
        analysis = run([path], settings=Settings(), options=Options(), goals=Goals(), engine=engine)
        form = to_json(analysis.report)
        del form["meta"]["generated_at"], form["meta"]["engine"]
        found.append((form, analysis.scores))
    assert found[0][0] == found[1][0]
    assert found[0][1].equals(found[1][1])
