"""Files that the demo shop has brought in, with slips as such files have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from regulars.demo.names import person
from regulars.demo.selling import SOURCE
from regulars.imports import services
from regulars.imports.carrying_on import carry_on
from regulars.imports.contracts import FileMapping, Import, ImportKind
from regulars.imports.queries import list_imports
from regulars.stream.contracts import Actor

READERS, STALL_ORDERS = 60, 40
DRINKS = ("espresso", "filter", "tea")


@dataclass(frozen=True, slots=True)
class File:
    """A file as somebody would send it in."""

    name: str
    kind: ImportKind
    source: str
    text: str


def bring_files(until: date, *, now: datetime, actor: Actor) -> None:
    """Import the files that have not been brought yet; the last one waits for somebody to look at it."""
    known = {each.file_name for each in list_imports(limit=100)}
    newsletter, stall, prices = make_files(until)
    for file in (newsletter, stall):
        if file.name not in known:
            taken = _send(file, now=now, actor=actor)
            services.start(import_id=taken.id, now=now, actor=actor)
            carry_on(taken.id, clock=timezone.now)
    if prices.name not in known:
        _send(prices, now=now, actor=actor)


def make_files(until: date) -> tuple[File, File, File]:
    """Return the newsletter's readers, the stall's orders and the price list; the same day gives the same files."""
    return (
        File("newsletter.csv", ImportKind.CUSTOMERS, SOURCE, _table(_readers())),
        File("market-stall.csv", ImportKind.ORDERS, "market-stall", _table(_stall(until))),
        File("price-list.csv", ImportKind.PRODUCTS, SOURCE, _table(_prices())),
    )


def _send(file: File, *, now: datetime, actor: Actor) -> Import:
    received = services.receive_file(
        kind=file.kind, file_name=file.name, chunks=[file.text.encode()], source=file.source, now=now, actor=actor
    )
    return services.map_columns(import_id=received.id, mapping=FileMapping(), now=now, actor=actor)


def _readers() -> Iterator[tuple[str, ...]]:
    yield "Customer number", "E-mail", "Drinks"
    for number in range(1, READERS + 1):
        who = person(f"{number:06d}")
        # Some wrote what they liked.
        drinks = "cocoa" if number % 25 == 0 else DRINKS[number % len(DRINKS)]
        # And some left no name.
        yield ("", "", drinks) if number % 28 == 0 else (who.number, who.email, drinks)


def _stall(until: date) -> Iterator[tuple[str, ...]]:
    yield "Order number", "E-mail", "Date", "Amount"
    for number in range(1, STALL_ORDERS + 1):
        who = person(f"{number:06d}")
        day = (until - timedelta(days=3 * number)).strftime("%d.%m.%Y")
        written = "" if number % 17 == 0 else "last Saturday" if number % 13 == 0 else day
        yield f"M-{number:03d}", who.email or "guest", written, f"{4 + number % 9},{number % 10}0"


def _prices() -> Iterator[tuple[str, ...]]:
    yield "SKU", "Product name", "Category"
    yield "advent-calendar", "Coffee Advent Calendar", "Coffee"
    yield "decaf-250", "Decaf 250 g", "Coffee"
    yield "", "", "Home"


def _table(rows: Iterator[tuple[str, ...]]) -> str:
    return "".join(";".join(row) + "\n" for row in rows)
