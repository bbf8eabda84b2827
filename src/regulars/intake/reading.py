"""From files to orders: the two functions that others call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from regulars.intake.amounts import currency_of
from regulars.intake.contracts import Count, DataQuality, Intake, Layout, Role, Settings
from regulars.intake.failures import failures_explained
from regulars.intake.repeats import duplicates_of, repeated_fingerprints
from regulars.intake.sources import Source
from regulars.intake.texts import json_of, rows_of, text_of
from regulars.intake.treatment import (
    LINES_PER_FILE,
    REASONS,
    TREATMENTS,
    Rules,
    Understood,
    lines_of,
    refund_links,
    with_purchase_day,
)
from regulars.intake.workshop import Workshop, layout_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _
from regulars.kit.money import is_currency
from regulars.kit.progress import Progress, silent
from retention.reasons import Reason


class NoFiles(DomainError):
    """No file was named."""

    code = "no_files"


class SameFileTwice(DomainError):
    """Two of the files have the same content."""

    code = "same_file_twice"


class SeveralCurrencies(DomainError):
    """The rows are in several currencies, and none was chosen."""

    code = "several_currencies"


class UnknownCurrency(DomainError):
    """The currency that the user named is none."""

    code = "unknown_currency"


class UnknownZone(DomainError):
    """The time zone that the user named does not exist."""

    code = "unknown_zone"


class NothingLeft(DomainError):
    """Every row was refused."""

    code = "nothing_left"


def recognise(path: Path, settings: Settings, *, connection: Backend | None = None) -> Layout:
    """Return how the file is understood, without treating its rows.

    Raises
    ------
        DomainError: one of those of `sources`, `dialects`, `columns`, `dates` and `amounts`; OutOfRoom, ReadingFailed.
    """
    check_settings(settings)
    connection = connection or ibis.duckdb.connect()
    with failures_explained(), Workshop(connection) as workshop:
        file = workshop.understand(workshop.open(path, settings), settings)
        amounts = rows_by_currency([file], settings.currency)
        return layout_of(
            file, settings.currency or (next(filter(is_currency, amounts), None) if len(amounts) == 1 else None)
        )


def read(paths: Sequence[Path], settings: Settings, *, connection: Backend, progress: Progress = silent) -> Intake:
    """Read the files into the connection and treat their rows by the stated rules.

    `progress` is told what is being done and which share of the whole is behind. The tables of the result stay in the
    connection; all others are dropped.

    Raises
    ------
        DomainError: as `recognise`, and NoFiles, SameFileTwice, SeveralCurrencies, NothingLeft.
    """
    check_settings(settings)
    if not paths:
        raise NoFiles(_("Name at least one file of orders."))
    with failures_explained(), Workshop(connection) as workshop:
        sources = [workshop.open(path, settings) for path in paths]
        _refuse_same_content(sources)
        files = []
        for number, source in enumerate(sources):
            progress(_("Reading {file}").format(file=source.path.name), 0.4 * number / len(sources))
            files.append(workshop.understand(source, settings))
        return _treat(files, settings, workshop, progress)


def check_settings(settings: Settings) -> None:
    """Refuse a currency or a zone that does not exist.

    Raises
    ------
        UnknownCurrency, UnknownZone
    """
    if settings.currency is not None and not is_currency(settings.currency):
        raise UnknownCurrency(
            _("{code} is no currency: write its ISO 4217 code, such as EUR.").format(code=repr(settings.currency))
        )
    try:
        ZoneInfo(settings.zone)
    except (KeyError, ValueError, OSError) as error:
        raise UnknownZone(
            _("{zone} is no time zone: write a name such as Europe/Berlin.").format(zone=repr(settings.zone))
        ) from error


def _refuse_same_content(sources: Sequence[Source]) -> None:
    seen: dict[bytes, Path] = {}
    for source in sources:
        if source.digest in seen:
            raise SameFileTwice(
                _("{first} and {second} have the same content; name one of them.").format(
                    first=seen[source.digest], second=source.path
                )
            )
        seen[source.digest] = source.path


def rows_by_currency(files: Sequence[Understood], wish: str | None) -> dict[str, int]:
    """Return how many rows say which currency; what no country comes first for keeps its own sign."""
    rows: dict[str, int] = {}
    for file in files:
        for sign, count in file.labels.items():
            currency = currency_of(sign, wish) or sign
            rows[currency] = rows.get(currency, 0) + count
    return rows


def _rules(files: Sequence[Understood], settings: Settings) -> Rules:
    """Choose the currency, so that amounts in several are never summed.

    Raises
    ------
        SeveralCurrencies
    """
    rows = rows_by_currency(files, settings.currency)
    if settings.currency is None and len(rows) > 1:
        counts = ", ".join(
            f"{currency} ({count})" for currency, count in sorted(rows.items(), key=lambda item: -item[1])[:20]
        )
        raise SeveralCurrencies(
            _("The rows are in several currencies: {counts}. Choose one with --currency.").format(counts=counts)
        )
    currency = settings.currency or next((code for code in rows if is_currency(code)), None)
    signs = {sign for file in files for sign in file.labels}
    own = frozenset(sign for sign in signs if currency_of(sign, currency) == currency)
    foreign = currency is not None and own != signs
    return Rules(currency=currency, own_labels=own, foreign=foreign, zone=settings.zone, today=settings.today)


def _treat(files: Sequence[Understood], settings: Settings, workshop: Workshop, progress: Progress) -> Intake:
    progress(_("Treating rows"), 0.4)
    rules = _rules(files, settings)
    lines = workshop.store("lines", lines_of(files, rules))
    progress(_("Looking for duplicates"), 0.65)
    fingerprints = workshop.store("fingerprints", repeated_fingerprints(lines))
    duplicates = workshop.store("duplicates", duplicates_of(lines, fingerprints))
    used = lines.filter(lines["reason"].isnull()).anti_join(duplicates, "line").drop("reason", "fingerprint")
    progress(_("Linking refunds"), 0.75)
    links = workshop.store("links", refund_links(used)) if _any_refund(used) else None
    used = with_purchase_day(used, links)
    progress(_("Writing the orders"), 0.8)
    refused = workshop.store("refused", _refused(files, lines, duplicates), keep=True)
    quality, first_on, last_on = _quality(files, used, refused, rules, settings)
    orders = workshop.store("orders", _orders(used, files), keep=True)
    progress(_("Writing the orders"), 1.0)
    return Intake(
        orders=orders,
        refused=refused,
        quality=quality,
        currency=rules.currency,
        first_on=first_on,
        last_on=last_on,
    )


def _any_refund(lines: Table) -> bool:
    return bool(rows_of(lines.aggregate(any=(lines["amount_minor"] < 0).any()))[0]["any"])


def _orders(lines: Table, files: Sequence[Understood]) -> Table:
    """Return what the retention library reads; product and quantity only where some file has them."""
    optional = [role.value for role in (Role.PRODUCT, Role.QUANTITY) if any(role in file.columns for file in files)]
    return lines.select("customer", "order", "occurred_on", "purchased_on", "amount_minor", *optional)


def _refused(files: Sequence[Understood], lines: Table, duplicates: Table) -> Table:
    """Return the refused records as they stand in their files."""
    refusals = ibis.union(
        lines.filter(lines["reason"].notnull()).select("line", "reason"),
        duplicates.select("line", "reason"),
    )
    return ibis.union(*(_refused_of(file, index, refusals) for index, file in enumerate(files)))


def _refused_of(file: Understood, index: int, refusals: Table) -> Table:
    raw = file.raw
    own = refusals.filter(refusals["line"] // LINES_PER_FILE == index)
    own = own.select("reason", row=own["line"] % LINES_PER_FILE)
    joined = raw.table.inner_join(own, "row")
    record = json_of(ibis.array([text_of(joined[cell]) for cell in raw.cells]))
    return joined.select(
        file=ibis.literal(str(raw.source.path)),
        row=joined["row"].cast("int64"),
        reason=joined["reason"],
        record=ibis.coalesce(joined["malformed"], record),
    )


def _quality(
    files: Sequence[Understood], used: Table, refused: Table, rules: Rules, settings: Settings
) -> tuple[DataQuality, date, date]:
    """Count what happened to the rows; return the first and the last day too.

    Raises
    ------
        NothingLeft
    """
    reasons = rows_of(refused.group_by("reason").agg(rows=refused.count()))
    refusals = {row["reason"]: int(row["rows"]) for row in reasons}
    treated = used.aggregate(
        first_on=used["occurred_on"].min(),
        last_on=used["occurred_on"].max(),
        rows=used.count(),
        refund_linked=((used["amount_minor"] < 0) & used["linked"]).sum(),
        refund_unlinked=((used["amount_minor"] < 0) & ~used["linked"]).sum(),
        zero_price=((used["amount_minor"] == 0) & ~used["continuation"]).sum(),
        continuation_line=used["continuation"].sum(),
        refund_taken_off=used["refund_taken_off"].sum(),
        order_made_up=used["order_made_up"].sum(),
        zone_converted=used["instant"].sum(),
        after_as_of=(used["occurred_on"] > settings.as_of).sum() if settings.as_of else ibis.literal(0),
    )
    found = rows_of(treated)[0]
    first_on, last_on, rows = (found.pop(name) for name in ("first_on", "last_on", "rows"))
    if rows == 0:
        raise NothingLeft(_nothing_left(refusals))
    counts = {name: int(value or 0) for name, value in found.items()}
    quality = DataQuality(
        rows=sum(file.raw.rows for file in files),
        used=rows,
        refused=_counts(refusals, REASONS),
        treated=_counts(counts, TREATMENTS),
        layouts=tuple(layout_of(file, rules.currency) for file in files),
    )
    return quality, first_on, last_on


def _counts(counts: dict[str, int], templates: Mapping[str, str]) -> tuple[Count, ...]:
    """Return the counts that are not zero, in the order of the rules."""
    return tuple(
        Count(reason=Reason(code, template), count=counts[code])
        for code, template in templates.items()
        if counts.get(code)
    )


def _nothing_left(refusals: dict[str, int]) -> str:
    most = sorted(refusals.items(), key=lambda item: -item[1])[:3]
    why = " ".join(f"{_(REASONS[code])} ({count})" for code, count in most)
    return _("No row is left to analyse: {why}").format(why=why)
