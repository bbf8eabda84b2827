"""Facts: what is known of customers; and conditions on them: who fits, how many, and why.

A fact that is sensitive takes `customers.write`: a key without that scope is not told it, nor finds customers by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from regulars.business.queries import get_business
from regulars.customers.queries import NoSuchCustomer, get_customer, get_survivor
from regulars.customers.questions import setting_of, understand
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import sees_sensitive
from regulars.faces.api.schemas.facts import (
    CheckedOut,
    CompleteIn,
    ConditionIn,
    CountedOut,
    ExplainedOut,
    ExplainIn,
    FactOut,
    FactsOut,
    KnownOut,
    QueriedOut,
    QueryIn,
    SuggestionsOut,
)
from regulars.facts import asking
from regulars.facts.catalogue import get_catalogue
from regulars.facts.contracts import Catalogue, Fact
from regulars.facts.language.binding import Setting, find_fact
from regulars.facts.language.completion import complete
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.meaning import Meaning
from regulars.facts.language.parser import Parsed
from regulars.facts.language.printer import write
from regulars.facts.language.reading_trees import write_tree
from regulars.facts.places import read_place, write_place
from regulars.kit.i18n import gettext
from regulars.kit.pagination import decode_cursor, encode_cursor

facts = Resource("Facts")


@facts.get("/facts", scope="customers.read", answer=FactsOut)
def list_facts(request: HttpRequest) -> Any:
    """List what is known of customers: the catalogue of facts, by name.

    Sensitive ones take the scope `customers.write`: a key without it is not told them.
    """
    return {"items": [FactOut.of(fact) for _, fact in sorted(_catalogue(request).facts.items())]}


@facts.get("/customers/{customer_id}/facts", scope="customers.read", answer=KnownOut)
def get_facts(request: HttpRequest, customer_id: UUID) -> Any:
    """Return all that is known of a customer; an id that was merged answers with its survivor.

    What is sensitive takes the scope `customers.write`: a key without it is not told it.
    """
    survivor = get_customer(get_survivor(customer_id)).id
    setting = _setting(request)
    return _known([survivor], _told_of_customers(setting), setting)[0]


@facts.ask("/conditions/check", scope="customers.read", answer=CheckedOut)
def check_condition(request: HttpRequest, body: Annotated[ConditionIn, JsonBody(...)]) -> Any:
    """Return a condition in both forms, its text and its tree; one that cannot be meant is refused with the place.

    One that asks for a sensitive fact takes the scope `customers.write` (else `fact_withheld`), here and wherever
    customers are found by it.
    """
    parsed, _ = _understood(body, _setting(request))
    return CheckedOut(text=write(parsed.tree), tree=write_tree(parsed.tree))


@facts.ask("/conditions/complete", scope="customers.read", answer=SuggestionsOut)
def complete_condition(request: HttpRequest, body: Annotated[CompleteIn, JsonBody(...)]) -> Any:
    """Return what could come at a place in a text that is right so far."""
    return {"items": complete(body.text, _catalogue(request), at=body.at)}


@facts.ask("/conditions/count", scope="customers.read", answer=CountedOut)
def count_matching(request: HttpRequest, body: Annotated[ConditionIn, JsonBody(...)]) -> Any:
    """Return of how many customers a condition is true; where counting takes too long, as a sample tells."""
    setting = _setting(request)
    _, condition = _understood(body, setting)
    return asking.count_customers(condition, setting=setting)


@facts.ask("/conditions/list", scope="customers.read", answer=QueriedOut)
def list_matching(request: HttpRequest, body: Annotated[QueryIn, JsonBody(...)]) -> Any:
    """List the customers of whom a condition is true, sorted by a fact, with other facts of each.

    A condition that takes too long is given up (`took_too_long`); a narrower one is answered sooner.
    """
    setting = _setting(request)
    parsed, condition = _understood(body, setting)
    order = asking.Order(fact=asking.sortable(setting, body.sort), descending=body.direction == "descending")
    told = [find_fact(name, setting.catalogue, f"/facts/{number}") for number, name in enumerate(body.facts)]
    name = f"{write(parsed.tree)} by {body.sort} {body.direction}"
    found = asking.list_customers(
        condition,
        setting=setting,
        order=order,
        limit=body.limit + 1,
        after=read_place(decode_cursor(name, body.cursor), order.fact) if body.cursor else None,
    )
    places = found.places[: body.limit]
    goes_on = len(found.places) > body.limit
    return QueriedOut(
        items=_known([place.id for place in places], told, setting),
        count=found.count,
        next=encode_cursor(name, write_place(places[-1])) if goes_on else None,
    )


@facts.ask("/conditions/explain", scope="customers.read", answer=ExplainedOut, finds=True)
def explain_condition(request: HttpRequest, body: Annotated[ExplainIn, JsonBody(...)]) -> Any:
    """Return which parts of a condition are true of a customer, with the values that they ask for."""
    setting = _setting(request)
    parsed, _ = _understood(body, setting)
    explained = asking.explain(parsed, get_survivor(body.customer_id), setting=setting)
    if explained is None:
        raise NoSuchCustomer(gettext("There is no such customer."))
    return explained


def _catalogue(request: HttpRequest) -> Catalogue:
    return get_catalogue(sees_sensitive=sees_sensitive(request))


def _setting(request: HttpRequest) -> Setting:
    return setting_of(get_business(), now=timezone.now(), sees_sensitive=sees_sensitive(request))


def _understood(body: ConditionIn, setting: Setting) -> tuple[Parsed, Meaning]:
    """Return the condition of a body, and what it means.

    Raises
    ------
    WrongCondition
        It is none; the pointer leads into the body.
    """
    try:
        parsed = body.parsed()
        return parsed, understand(parsed, setting)
    except WrongCondition as error:
        # Within a text, the place tells; a pointer would lead into a tree that nobody sent.
        pointer = f"/condition{error.pointer}" if isinstance(body.condition, dict) else "/condition"
        raise WrongCondition(error.message, code=error.code, pointer=pointer, place=error.place) from None


def _told_of_customers(setting: Setting) -> list[Fact]:
    return [fact for fact in setting.catalogue.facts.values() if fact.source]


def _known(ids: Sequence[UUID], told: Sequence[Fact], setting: Setting) -> list[KnownOut]:
    """Return what is known of customers, in their order."""
    names = [fact.name for fact in told]
    known = asking.read_values(names, ids, setting=setting) if ids and names else {}
    return [KnownOut(customer_id=each, facts=known.get(each, {})) for each in ids]
