"""Change the business."""

from __future__ import annotations

import dataclasses
import re
import zoneinfo
from collections.abc import Sequence
from datetime import date, datetime

from babel import Locale
from django.db import transaction

from regulars.business.contracts import Business, Rate, RateOutcome, Shop
from regulars.business.models import Business as BusinessRow
from regulars.business.models import Rate as RateRow
from regulars.business.models import Shop as ShopRow
from regulars.business.queries import get_business, is_set_up, shop_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import LANGUAGES, gettext
from regulars.kit.ids import new_id
from regulars.kit.money import is_currency
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.queries import has_event
from regulars.stream.services import append

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class WrongBusiness(DomainError):
    """A setting of the business cannot be meant."""

    code = "wrong_business_setting"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class CurrencyInUse(DomainError):
    """The reporting currency cannot change once amounts are kept in it."""

    code = "reporting_currency_in_use"


@transaction.atomic
def save_business(*, business: Business, now: datetime, actor: Actor) -> Business:
    """Set up the business, or change it.

    Raises
    ------
    WrongBusiness
        A field cannot be meant.
    CurrencyInUse
        Rates or orders are kept in the present reporting currency.
    """
    _check(business)
    before = get_business() if is_set_up() else None
    if before and before.reporting_currency != business.reporting_currency and _amounts_are_kept():
        raise CurrencyInUse(gettext("The reporting currency cannot change once amounts are kept in it."))
    BusinessRow.objects.update_or_create(id=1, defaults=dataclasses.asdict(business) | {"updated_at": now})
    changed = sorted(
        name for name, value in dataclasses.asdict(business).items() if before is None or getattr(before, name) != value
    )
    if changed:
        append(
            [
                NewEvent(
                    type="business.changed",
                    actor=actor,
                    source="regulars",
                    occurred_at=now,
                    payload={"fields": changed},
                )
            ],
            now=now,
        )
    return business


@transaction.atomic
def save_rates(*, rates: Sequence[Rate], now: datetime, actor: Actor) -> None:
    """Keep exchange rates; one of the same currency and day replaces the one before.

    Raises
    ------
    WrongBusiness
        A currency is none, is the reporting currency itself, or a rate is not positive.
    """
    reporting = get_business().reporting_currency
    for rate in rates:
        _check_rate(rate, reporting)
    RateRow.objects.bulk_create(
        [RateRow(currency=rate.currency, valid_on=rate.valid_on, rate=rate.rate, source=rate.source) for rate in rates],
        update_conflicts=True,
        unique_fields=["currency", "valid_on"],
        update_fields=["rate", "source"],
    )
    if rates:
        append(
            [
                NewEvent(
                    type="rates.changed",
                    actor=actor,
                    source="regulars",
                    occurred_at=now,
                    payload={
                        "currencies": sorted({rate.currency for rate in rates}),
                        "since": min(rate.valid_on for rate in rates).isoformat(),
                    },
                )
            ],
            now=now,
        )


@transaction.atomic
def put_rates(*, rates: Sequence[Rate], now: datetime, actor: Actor) -> list[RateOutcome]:
    """Keep exchange rates as `save_rates` does; one that cannot be meant is `refused`, and hinders no other.

    Of a currency and day that come twice, the last holds.
    """
    reporting = get_business().reporting_currency
    good: dict[tuple[str, date], Rate] = {}
    outcomes = []
    for rate in rates:
        try:
            _check_rate(rate, reporting)
        except WrongBusiness as error:
            outcomes.append(_refused(rate, error))
        else:
            good[rate.currency, rate.valid_on] = rate
            outcomes.append(RateOutcome(currency=rate.currency, valid_on=rate.valid_on, outcome="kept"))
    save_rates(rates=list(good.values()), now=now, actor=actor)
    return outcomes


def _refused(rate: Rate, error: WrongBusiness) -> RateOutcome:
    return RateOutcome(
        currency=rate.currency,
        valid_on=rate.valid_on,
        outcome="refused",
        code=error.code,
        message=error.message,
        pointer=f"/{error.field}",
    )


@transaction.atomic
def save_shop(*, shop: Shop, now: datetime, actor: Actor) -> Shop:
    """Open a shop, rename it, or close it; a shop is known by its code. The same again changes nothing.

    Raises
    ------
    WrongBusiness
        Its code, name or zone cannot be meant.
    """
    if not _CODE.fullmatch(shop.code):
        raise WrongBusiness("code", gettext("A shop's code is lower-case letters, digits and -, as old-town."))
    if not shop.name.strip():
        raise WrongBusiness("name", gettext("A shop needs a name."))
    _check_zone(shop.zone)
    told = {"name": shop.name.strip(), "zone": shop.zone, "closed_on": shop.closed_on}
    rows = ShopRow.objects.select_for_update(no_key=True)
    row, is_new = rows.get_or_create(code=shop.code, defaults={"id": new_id(), **told})
    if is_new:
        _tell_of_shop(row, "shop.opened", now=now, actor=actor)
    elif any(getattr(row, name) != value for name, value in told.items()):
        for name, value in told.items():
            setattr(row, name, value)
        row.save()
        _tell_of_shop(row, "shop.changed", now=now, actor=actor)
    return shop_of(row)


def _tell_of_shop(row: ShopRow, what: str, *, now: datetime, actor: Actor) -> None:
    payload = {"shop_id": str(row.id), "code": row.code}
    append([NewEvent(type=what, actor=actor, source="regulars", occurred_at=now, payload=payload)], now=now)


def _check_rate(rate: Rate, reporting: str) -> None:
    if not is_currency(rate.currency) or rate.currency == reporting:
        raise WrongBusiness(
            "currency",
            gettext("{currency} is no currency that a rate against {reporting} can be given for.").format(
                currency=rate.currency, reporting=reporting
            ),
        )
    if rate.rate <= 0:
        raise WrongBusiness("rate", gettext("A rate is greater than zero."))


def _amounts_are_kept() -> bool:
    return RateRow.objects.exists() or has_event("order.placed")


def _check_zone(zone: str) -> None:
    if zone not in zoneinfo.available_timezones():
        raise WrongBusiness("zone", gettext("{zone} is no time zone; one is Europe/Vienna.").format(zone=zone))


def _check(business: Business) -> None:
    if not business.name.strip():
        raise WrongBusiness("name", gettext("The business needs a name."))
    _check_zone(business.zone)
    if not is_currency(business.reporting_currency):
        raise WrongBusiness(
            "reporting_currency",
            gettext("{currency} is no currency; one is EUR.").format(currency=business.reporting_currency),
        )
    if business.language not in LANGUAGES:
        raise WrongBusiness(
            "language", gettext("Regulars does not speak {language}.").format(language=business.language)
        )
    if business.country not in Locale("en").territories or len(business.country) != 2:
        raise WrongBusiness("country", gettext("{country} is no country; one is AT.").format(country=business.country))
    if not _COLOUR.fullmatch(business.brand_colour):
        raise WrongBusiness("brand_colour", gettext("A colour is written as #0d6b50."))
