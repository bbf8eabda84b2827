"""What conditions and formulas can ask of a cart, of one of its lines, and of an event, beside what is known of people.

Amounts are in the reporting currency, as all amounts of the language are; without a rate of the cart's currency they
are not known. What came back is not in them. Lines that a reward gave, and lines below nought, are in the total alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from regulars.facts.contracts import Catalogue, Fact, FactType, Unit
from regulars.facts.language.moments import Clock
from regulars.kit.classification import NONE
from regulars.kit.i18n import mark
from regulars.kit.money import minor_digits
from regulars.loyalty.definitions.document.rules import OnEvent, OnLine, OnOrder, Trigger
from regulars.loyalty.rules.contracts import SHIPPING, Ordered
from regulars.loyalty.rules.sight import Scene
from regulars.loyalty.rules.worth import Part, Remains
from regulars.orders.contracts import PaymentState

_MOST_NUMBER = 10**15
_fact = partial(Fact, source=None, classification=NONE)

CART: Sequence[Fact] = (
    _fact(
        name="cart.total",
        type=FactType.MONEY,
        label=mark("Total of the cart"),
        description=mark("What the order comes to, with tax and shipping, without what came back."),
    ),
    _fact(
        name="cart.subtotal",
        type=FactType.MONEY,
        label=mark("Goods in the cart"),
        description=mark("What the lines come to after discounts, with tax, without shipping and what came back."),
    ),
    _fact(
        name="cart.shipping",
        type=FactType.MONEY,
        label=mark("Shipping of the cart"),
        description=mark("What shipping comes to after discounts, with tax."),
    ),
    _fact(
        name="cart.items",
        type=FactType.NUMBER,
        unit=Unit.ITEMS,
        label=mark("Pieces in the cart"),
        description=mark("How many pieces there are, without what came back."),
    ),
    _fact(
        name="cart.lines",
        type=FactType.INTEGER,
        label=mark("Lines of the cart"),
        description=mark("How many lines there are of which something is left."),
    ),
    _fact(
        name="cart.products",
        type=FactType.TEXTS,
        label=mark("Products in the cart, by their numbers"),
        description=mark("The numbers of the products at their source."),
    ),
    _fact(
        name="cart.product_names",
        type=FactType.TEXTS,
        label=mark("Products in the cart, by their names"),
        description=mark("The names of the products."),
    ),
    _fact(
        name="cart.categories",
        type=FactType.TEXTS,
        label=mark("Categories in the cart"),
        description=mark("The categories of the products."),
    ),
    _fact(
        name="cart.coupons",
        type=FactType.TEXTS,
        label=mark("Coupons of the cart"),
        description=mark("The coupons that were used."),
    ),
    _fact(
        name="cart.paid_with",
        type=FactType.TEXTS,
        label=mark("How the cart was paid"),
        description=mark("The kinds of payments, as card, cash, gift_card or points."),
    ),
    _fact(
        name="cart.payment",
        type=FactType.CHOICE,
        label=mark("Payment of the cart"),
        description=mark("Whether the order has been paid."),
        choices={state.value: state.value for state in PaymentState},
    ),
    _fact(
        name="cart.channel",
        type=FactType.TEXT,
        label=mark("Channel of the cart"),
        description=mark("By which channel the order comes."),
    ),
    _fact(
        name="cart.location",
        type=FactType.TEXT,
        label=mark("Location of the cart"),
        description=mark("At which location the order was taken."),
    ),
    _fact(
        name="cart.source",
        type=FactType.TEXT,
        label=mark("Source of the cart"),
        description=mark("Which system tells the order."),
    ),
    _fact(
        name="cart.currency",
        type=FactType.TEXT,
        label=mark("Currency of the cart"),
        description=mark("The order's own currency."),
    ),
    _fact(
        name="cart.placed",
        type=FactType.MOMENT,
        label=mark("Time of the order"),
        description=mark("When the order was placed."),
    ),
    _fact(
        name="cart.is_first",
        type=FactType.BOOLEAN,
        label=mark("First order"),
        description=mark("Whether it is the member's first order."),
    ),
)
LINE: Sequence[Fact] = (
    _fact(
        name="line.product",
        type=FactType.TEXT,
        label=mark("Product of the line, by its number"),
        description=mark("The number of the product at its source."),
    ),
    _fact(
        name="line.name",
        type=FactType.TEXT,
        label=mark("Product of the line, by its name"),
        description=mark("The name of the product."),
    ),
    _fact(
        name="line.category",
        type=FactType.TEXT,
        label=mark("Category of the line"),
        description=mark("The category of the product."),
    ),
    _fact(
        name="line.quantity",
        type=FactType.NUMBER,
        unit=Unit.ITEMS,
        label=mark("Pieces of the line"),
        description=mark("How many pieces there are, without what came back."),
    ),
    _fact(
        name="line.total",
        type=FactType.MONEY,
        label=mark("Total of the line"),
        description=mark("What the line comes to after discounts, with tax, without what came back."),
    ),
    _fact(
        name="line.unit_price",
        type=FactType.MONEY,
        label=mark("Unit price of the line"),
        description=mark("The price of one piece before discounts, as the order tells it."),
    ),
)


def catalogue_for(trigger: Trigger, people: Catalogue) -> Catalogue:
    """Return the facts that a rule may ask for: those of people, and those of what sets it off."""
    match trigger:
        case OnOrder():
            return _with(people, CART)
        case OnLine():
            return _with(people, (*CART, *LINE))
        case OnEvent(event=event):
            return replace(people, event=event)
    return people


def any_event(people: Catalogue) -> Catalogue:
    """Return the facts of people, and what any event says, of which nothing is offered."""
    return replace(people, event="*")


def formula_catalogue(people: Catalogue) -> Catalogue:
    """Return the facts that formulas may ask for, whatever sets their rules off; not all are known each time."""
    return any_event(_with(people, (*CART, *LINE)))


def is_of_line(name: str) -> bool:
    """Tell whether a fact is one of a line."""
    return name.startswith("line.")


def is_of_people(name: str) -> bool:
    """Tell whether a fact is known of a person, not of a cart or event."""
    return name.partition(".")[0] not in {"cart", "line", "event"}


def cart_facts(ordered: Ordered, remains: Remains, scene: Scene) -> dict[str, Any]:
    """Return what is known of a cart; what is not is left out."""
    cart, goods = ordered.cart, remains.goods
    shipping = next((part.after.gross for part in remains.parts if part.number == SHIPPING), 0)
    found = {
        "cart.total": scene.in_reporting(remains.total_minor),
        "cart.subtotal": scene.in_reporting(sum(part.after.gross for part in goods)),
        "cart.shipping": scene.in_reporting(shipping),
        "cart.items": sum((part.quantity for part in goods), Decimal(0)),
        "cart.lines": len(goods),
        "cart.products": _once(part.line.product for part in goods if part.line),
        "cart.product_names": _once(part.line.name for part in goods if part.line),
        "cart.categories": _once(part.line.category for part in goods if part.line),
        "cart.coupons": list(cart.coupons),
        "cart.paid_with": _once(tender.kind.value for tender in cart.tenders if tender.amount_minor > 0),
        "cart.payment": cart.payment_state.value,
        "cart.channel": cart.channel,
        "cart.location": cart.location,
        "cart.source": cart.source,
        "cart.currency": cart.currency,
        "cart.placed": cart.placed_at,
        "cart.is_first": ordered.is_first,
    }
    return {name: value for name, value in found.items() if value is not None and value != ""}


def line_facts(part: Part, scene: Scene) -> dict[str, Any]:
    """Return what is known of a line; what is not is left out."""
    assert part.line is not None  # noqa: S101  # Shipping is no line.
    found = {
        "line.product": part.line.product,
        "line.name": part.line.name,
        "line.category": part.line.category,
        "line.quantity": part.quantity,
        "line.total": scene.in_reporting(part.after.gross),
        "line.unit_price": scene.in_reporting(part.line.unit_price_minor),
    }
    return {name: value for name, value in found.items() if value is not None and value != ""}


def number_of(fact: Fact, known: Mapping[str, Any], clock: Clock, reporting: str) -> Fraction | None:
    """Return a numeric fact as formulas read it: money in major units of the reporting currency."""
    value = known.get(fact.name)
    if fact.counts and isinstance(value, date):
        value = clock.count(fact.counts, value)
    number = as_number(fact.missing if value is None else value)
    if number is None or fact.type is not FactType.MONEY:
        return number
    return number / Fraction(10) ** minor_digits(reporting)


def said_number(payload: Mapping[str, Any], path: str) -> Fraction | None:
    """Return the number that an event says at a path."""
    found: Any = payload
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return as_number(found)


def as_number(value: object) -> Fraction | None:
    """Return a value as an exact number, where it is one that is not absurdly large."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    # A float as it is written, not as the binary fraction next to it.
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return Fraction(exact) if exact.is_finite() and abs(exact) <= _MOST_NUMBER else None


def _with(people: Catalogue, facts: Sequence[Fact]) -> Catalogue:
    return replace(people, facts={**people.facts, **{fact.name: fact for fact in facts}})


def _once(texts: Any) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]
