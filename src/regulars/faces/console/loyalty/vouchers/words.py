"""What stands of a voucher and of its uses, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from regulars.kit import formats
from regulars.kit.i18n import gettext, mark
from regulars.loyalty.definitions.calendar import local_day
from regulars.loyalty.definitions.document.rewards import VoucherSeries
from regulars.loyalty.rewards.contracts import Use, UseState, Voucher

USE_WORDS: Mapping[UseState, tuple[str, str]] = {
    UseState.HELD: (mark("Held"), "info"),
    UseState.REDEEMED: (mark("Used"), "good"),
    UseState.ROLLED_BACK: (mark("Undone"), "attention"),
    UseState.RELEASED: (mark("Let go"), ""),
    UseState.LAPSED: (mark("Hold ran out"), ""),
}


def voucher_words(voucher: Voucher, series: VoucherSeries | None, now: datetime) -> tuple[str, str]:
    """Return what stands of a voucher, and its tone."""
    if voucher.withdrawn_at is not None:
        return gettext("Withdrawn"), "bad"
    if series is None:
        return gettext("No longer taken"), ""
    if voucher.redeemed >= series.uses:
        return gettext("Used"), ""
    if voucher.good_until is not None and voucher.good_until <= now:
        return gettext("Expired"), ""
    if voucher.redeemed:
        words = gettext("Used {count} of {most} times")
        return words.format(count=formats.number(voucher.redeemed), most=formats.number(series.uses)), "info"
    return gettext("Open"), "good"


def use_words(use: Use, now: datetime) -> tuple[str, str]:
    """Return what stands of a use, and its tone; a hold whose time is over is none."""
    state = use.state
    if state is UseState.HELD and use.held_until is not None and use.held_until <= now:
        state = UseState.LAPSED
    return gettext(USE_WORDS[state][0]), USE_WORDS[state][1]


def last_day_of(voucher: Voucher, zone: ZoneInfo) -> str:
    """Return the last day on which a voucher is good; nothing where there is none."""
    if voucher.good_until is None:
        return ""
    return formats.day(local_day(voucher.good_until - timedelta(microseconds=1), zone))
