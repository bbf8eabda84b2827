from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.loyalty.definitions.calendar import (
    activates_at,
    add_span,
    cancels_at,
    end_of,
    expires_at,
    first_instant_after,
    first_instant_of,
    local_day,
    period_bounds,
    period_key,
    subtract_span,
)
from regulars.loyalty.definitions.document.common import Period
from regulars.loyalty.definitions.document.currencies import (
    Calendar,
    FixedDay,
    Inactivity,
    Never,
    Rolling,
    RoundTo,
)
from regulars.loyalty.definitions.document.rules import Delay, Now, OnDay, UponEvent

BERLIN = ZoneInfo("Europe/Berlin")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
BEIRUT = ZoneInfo("Asia/Beirut")
HAVANA = ZoneInfo("America/Havana")
ST_JOHNS = ZoneInfo("America/St_Johns")
TORONTO = ZoneInfo("America/Toronto")
APIA = ZoneInfo("Pacific/Apia")

ZONES = st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(1900, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DAYS = st.dates(date(1900, 1, 2), date(2100, 1, 1))
SPANS = st.builds("{} {}".format, st.integers(1, 999), st.sampled_from(["days", "weeks", "months", "years"]))


def noon(year: int, month: int, day: int, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime(year, month, day, 12, tzinfo=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- Spans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "span", "later"),
    [
        (date(2026, 1, 31), "1 month", date(2026, 2, 28)),
        (date(2024, 1, 31), "1 month", date(2024, 2, 29)),
        (date(2024, 2, 29), "1 year", date(2025, 2, 28)),
        (date(2024, 2, 29), "4 years", date(2028, 2, 29)),
        (date(2026, 12, 31), "2 months", date(2027, 2, 28)),
        (date(2026, 12, 31), "1 day", date(2027, 1, 1)),
        (date(2026, 11, 29), "2 weeks", date(2026, 12, 13)),
        (date(2026, 11, 29), "13 months", date(2027, 12, 29)),
    ],
)
def test_a_span_ends_on_the_same_day_of_the_month_or_its_last(day, span, later):
    assert add_span(day, span) == later


def test_a_span_before_a_day_ends_on_the_same_day_of_the_month_or_its_last():
    assert subtract_span(date(2024, 3, 31), "1 month") == date(2024, 2, 29)
    assert subtract_span(date(2027, 1, 15), "1 month") == date(2026, 12, 15)
    assert subtract_span(date(2026, 3, 1), "1 day") == date(2026, 2, 28)
    assert subtract_span(date(2024, 2, 29), "1 year") == date(2023, 2, 28)


def test_a_span_beyond_the_calendar_ends_with_it():
    for unit in ("days", "weeks", "months", "years"):
        assert add_span(date(9999, 12, 1), f"9999 {unit}") == date.max
        assert subtract_span(date(1, 1, 31), f"9999 {unit}") == date.min


@given(DAYS, SPANS)
def test_a_span_later_is_later_and_there_and_back_loses_at_most_three_days(day, span):
    later = add_span(day, span)
    assert later > day
    assert timedelta(0) <= day - subtract_span(later, span) <= timedelta(days=3)


@given(DAYS, DAYS, SPANS)
def test_who_begins_later_never_ends_earlier(one, other, span):
    first, second = sorted((one, other))
    assert add_span(first, span) <= add_span(second, span)


def test_an_end_is_the_last_day_of_its_month_quarter_or_year():
    day = date(2024, 2, 3)
    assert end_of(day, RoundTo.MONTH) == date(2024, 2, 29)
    assert end_of(day, RoundTo.QUARTER) == date(2024, 3, 31)
    assert end_of(day, RoundTo.YEAR) == date(2024, 12, 31)
    assert end_of(date(2026, 12, 31), RoundTo.QUARTER) == date(2026, 12, 31)
    assert end_of(date(2026, 4, 1), RoundTo.QUARTER) == date(2026, 6, 30)


# --- Days -------------------------------------------------------------------------------------------------------------


def test_a_day_ends_at_the_next_midnight_of_its_zone():
    assert first_instant_after(date(2026, 6, 30), BERLIN) == utc("2026-06-30T22:00")
    assert first_instant_after(date(2026, 12, 31), BERLIN) == utc("2026-12-31T23:00")


def test_a_day_whose_midnight_does_not_exist_begins_where_clocks_went_forward():
    # 4 November 2018 began at 01:00 in São Paulo.
    assert first_instant_after(date(2018, 11, 3), SAO_PAULO) == utc("2018-11-04T03:00")
    assert first_instant_after(date(2018, 11, 3), SAO_PAULO).astimezone(SAO_PAULO).hour == 1
    # 26 March 2022 was the last of its kind before the quarrel of 2023.
    assert first_instant_after(date(2022, 3, 26), BEIRUT) == utc("2022-03-26T22:00")


def test_a_day_into_which_clocks_go_back_from_midnight_has_its_25_hours():
    # 17 February 2018 ended twice in São Paulo, 29 October 2022 in Beirut.
    for day, zone in ((date(2018, 2, 17), SAO_PAULO), (date(2022, 10, 29), BEIRUT)):
        assert first_instant_after(day, zone) - first_instant_of(day, zone) == timedelta(hours=25)
    assert first_instant_after(date(2018, 2, 17), SAO_PAULO) == utc("2018-02-18T03:00")


def test_a_day_whose_midnight_comes_twice_begins_with_the_first():
    # At 01:00 of 1 November 2026 it is midnight again in Havana.
    assert first_instant_of(date(2026, 11, 1), HAVANA) == utc("2026-11-01T04:00")
    assert first_instant_after(date(2026, 11, 1), HAVANA) == utc("2026-11-02T05:00")


def test_a_day_is_over_when_its_date_does_not_come_back():
    # At 00:01 of 7 November 2010 it was 23:01 of the 6th again in St. John's.
    assert first_instant_after(date(2010, 11, 6), ST_JOHNS) == utc("2010-11-07T03:30")
    assert local_day(utc("2010-11-07T02:30:30"), ST_JOHNS) == date(2010, 11, 6)
    assert local_day(utc("2010-11-07T03:30"), ST_JOHNS) == date(2010, 11, 7)


def test_a_day_begins_past_midnight_where_clocks_went_forward_over_it():
    # At 23:30 of 30 March 1919 it was 00:30 of the 31st in Toronto.
    assert first_instant_after(date(1919, 3, 30), TORONTO) == utc("1919-03-31T04:30")


def test_a_day_that_was_skipped_has_no_moment():
    # Samoa went from 29 to 31 December 2011.
    begins = utc("2011-12-30T10:00")
    assert first_instant_after(date(2011, 12, 29), APIA) == begins
    assert first_instant_after(date(2011, 12, 30), APIA) == begins
    assert local_day(begins - timedelta(seconds=1), APIA) == date(2011, 12, 29)
    assert local_day(begins, APIA) == date(2011, 12, 31)
    assert period_bounds(Period.DAY, begins, APIA) == (begins, begins + timedelta(days=1))


@given(MOMENTS, ZONES)
def test_each_moment_is_within_its_day(moment, zone):
    day = local_day(moment, zone)
    assert first_instant_of(day, zone) <= moment < first_instant_after(day, zone)


@given(DAYS, ZONES)
def test_the_date_of_a_day_does_not_show_once_it_is_over(day, zone):
    over = first_instant_after(day, zone)
    shown = [(over + timedelta(minutes=minutes)).astimezone(zone).date() for minutes in range(0, 36 * 60, 15)]
    assert min(shown) > day
    assert (over - timedelta(seconds=1)).astimezone(zone).date() <= day


# --- Periods ----------------------------------------------------------------------------------------------------------


def test_periods_last_from_their_first_midnight_to_the_next_ones():
    moment = noon(2026, 11, 29)
    bounds = {period: period_bounds(period, moment, BERLIN) for period in Period}
    assert bounds == {
        Period.DAY: (utc("2026-11-28T23:00"), utc("2026-11-29T23:00")),
        Period.WEEK: (utc("2026-11-22T23:00"), utc("2026-11-29T23:00")),
        Period.MONTH: (utc("2026-10-31T23:00"), utc("2026-11-30T23:00")),
        Period.QUARTER: (utc("2026-09-30T22:00"), utc("2026-12-31T23:00")),
        Period.YEAR: (utc("2025-12-31T23:00"), utc("2026-12-31T23:00")),
        Period.EVER: (None, None),
    }


def test_periods_have_names():
    moment = noon(2026, 11, 29)
    assert [period_key(period, moment, BERLIN) for period in Period] == [
        "2026-11-29",
        "2026-W48",
        "2026-11",
        "2026-Q4",
        "2026",
        "ever",
    ]


def test_the_first_week_may_begin_in_the_year_before():
    assert period_key(Period.WEEK, noon(2024, 12, 30), BERLIN) == "2025-W01"
    assert period_key(Period.WEEK, noon(2021, 1, 3), BERLIN) == "2020-W53"


def test_the_period_is_that_of_the_programmes_zone():
    moment = utc("2026-12-31T23:30")
    assert period_key(Period.YEAR, moment, BERLIN) == "2027"
    assert period_key(Period.YEAR, moment, SAO_PAULO) == "2026"


@given(MOMENTS, ZONES, st.sampled_from([period for period in Period if period is not Period.EVER]))
def test_moments_share_a_name_exactly_within_the_bounds(moment, zone, period):
    start, end = period_bounds(period, moment, zone)
    name = period_key(period, moment, zone)
    assert start <= moment < end
    assert period_key(period, start, zone) == name
    assert period_key(period, end - timedelta(microseconds=1), zone) == name
    assert period_key(period, end, zone) != name
    assert period_key(period, start - timedelta(microseconds=1), zone) != name


# --- Expiry -----------------------------------------------------------------------------------------------------------


def last_day(expiry, activated: datetime, zone: ZoneInfo = BERLIN) -> date:
    expires = expires_at(expiry, activated, zone)
    assert expires is not None
    return local_day(expires - timedelta(seconds=1), zone)


def test_points_are_good_through_the_whole_of_their_last_day():
    expiry = Rolling(kind="rolling", after="12 months")
    assert expires_at(expiry, noon(2026, 1, 31), BERLIN) == utc("2027-01-31T23:00")
    assert expires_at(expiry, utc("2026-01-31T22:59:59"), BERLIN) == utc("2027-01-31T23:00")
    assert expires_at(expiry, utc("2026-01-31T23:00"), BERLIN) == utc("2027-02-01T23:00")


def test_points_of_a_leap_day_are_good_through_the_28th():
    assert last_day(Rolling(kind="rolling", after="1 year"), noon(2024, 2, 29)) == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("round_to", "last"),
    [
        (None, date(2027, 2, 10)),
        (RoundTo.MONTH, date(2027, 2, 28)),
        (RoundTo.QUARTER, date(2027, 3, 31)),
        (RoundTo.YEAR, date(2027, 12, 31)),
    ],
)
def test_an_expiry_is_rounded_to_the_end_of_a_stretch(round_to, last):
    for expiry in (
        Rolling(kind="rolling", after="12 months", round_to=round_to),
        Inactivity(kind="inactivity", after="12 months", round_to=round_to),
    ):
        assert last_day(expiry, noon(2026, 2, 10)) == last


@pytest.mark.parametrize(
    ("activated", "years", "last"),
    [
        (noon(2026, 11, 29), 0, date(2026, 12, 31)),
        (noon(2026, 12, 31), 0, date(2026, 12, 31)),
        (noon(2027, 1, 1), 0, date(2027, 12, 31)),
        (noon(2026, 11, 29), 1, date(2027, 12, 31)),
    ],
)
def test_a_calendar_expiry_is_the_next_such_day_and_years_later(activated, years, last):
    assert last_day(Calendar(kind="calendar", month=12, day=31, years=years), activated) == last


def test_a_calendar_expiry_is_the_last_of_a_month_that_has_fewer_days():
    expiry = Calendar(kind="calendar", month=2, day=29)
    assert last_day(expiry, noon(2026, 2, 28)) == date(2026, 2, 28)
    assert last_day(expiry, noon(2026, 3, 1)) == date(2027, 2, 28)
    assert last_day(expiry, noon(2027, 3, 1)) == date(2028, 2, 29)
    assert last_day(Calendar(kind="calendar", month=2, day=29, years=1), noon(2028, 2, 29)) == date(2029, 2, 28)


def test_points_of_a_campaign_are_good_through_its_day():
    assert last_day(FixedDay(kind="on", on=date(2026, 12, 24)), noon(2026, 11, 29)) == date(2026, 12, 24)


def test_points_without_an_expiry_or_with_one_at_the_end_of_the_calendar_are_good_for_ever():
    activated = noon(2026, 11, 29)
    assert expires_at(Never(), activated, BERLIN) is None
    assert expires_at(FixedDay(kind="on", on=date(9999, 12, 31)), activated, BERLIN) is None
    assert expires_at(Rolling(kind="rolling", after="9999 years", round_to="month"), activated, BERLIN) is None


@given(MOMENTS, ZONES, st.builds("{} {}".format, st.integers(1, 48), st.sampled_from(["weeks", "months"])))
def test_points_are_good_for_no_less_than_their_span(moment, zone, span):
    expires = expires_at(Rolling(kind="rolling", after=span), moment, zone)
    assert local_day(expires, zone) > add_span(local_day(moment, zone), span)
    assert local_day(expires - timedelta(microseconds=1), zone) <= add_span(local_day(moment, zone), span)


# --- Activation -------------------------------------------------------------------------------------------------------

GRANTED = noon(2026, 1, 31)
UPON_DELIVERY = UponEvent(kind="event", event="order.delivered", after="14 days", cancel_after="3 months")


def test_points_are_active_at_once_from_a_day_on_or_after_a_span():
    assert activates_at(Now(), GRANTED, BERLIN) == GRANTED
    assert activates_at(Delay(kind="delay", after="1 month"), GRANTED, BERLIN) == utc("2026-02-27T23:00")
    assert activates_at(OnDay(kind="on", on=date(2026, 7, 1)), GRANTED, BERLIN) == utc("2026-06-30T22:00")


def test_nothing_is_active_before_it_is_granted():
    assert activates_at(OnDay(kind="on", on=date(2025, 7, 1)), GRANTED, BERLIN) == GRANTED
    paid = UponEvent(kind="event", event="order.paid", cancel_after="1 month")
    assert activates_at(paid, GRANTED, BERLIN, happened_at=GRANTED - timedelta(days=1)) == GRANTED


def test_points_wait_for_their_event():
    assert activates_at(UPON_DELIVERY, GRANTED, BERLIN) is None
    delivered = noon(2026, 2, 3)
    assert activates_at(UPON_DELIVERY, GRANTED, BERLIN, happened_at=delivered) == utc("2026-02-16T23:00")
    at_once = UPON_DELIVERY.model_copy(update={"after": None})
    assert activates_at(at_once, GRANTED, BERLIN, happened_at=delivered) == delivered


def test_an_event_has_the_whole_of_the_last_day_to_come():
    assert cancels_at(UPON_DELIVERY, noon(2025, 11, 30), BERLIN) == utc("2026-02-28T23:00")
