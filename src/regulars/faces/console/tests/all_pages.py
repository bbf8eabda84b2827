"""A shop that is filled, and the addresses of all its pages by name."""

from __future__ import annotations

from urllib.parse import urlencode

from django.utils import timezone

from regulars.faces.console.tests import members_shop, programs_shop, shop
from regulars.insights.carrying_on import carry_on
from regulars.insights.services import request_run
from regulars.staff.contracts import Role

FILTER = 'orders.count(last: 90 days) >= 0 and profile.birthday in last 99 years or event("order.placed")'


def score_all() -> None:
    """Score the customers, as each night does."""
    asked = request_run(now=timezone.now(), actor=shop.ACTOR)
    carry_on(asked.id, clock=timezone.now)


def fill() -> dict[str, str]:
    """Fill a shop; return the addresses of all its pages by name."""
    shop.business()
    shop.account(Role.ANALYST, "Ada Analyst")
    order, customer = shop.many(55)[-1]
    shop.keys()
    shop.kept_beyond_the_usual(customer)
    other = shop.somebody("I. Kovac", "i.kovac@example.com")
    shop.merged(customer, shop.somebody("Ines K.", "ines.k@example.com"))
    shop.dead_letter(shop.Words(external_id="dead", number="50001"))
    score_all()
    shop.scheduled()
    report = shop.reported()
    pages = ["overview", "metrics/retention_rate", "metrics/refunded_share", "customers", "rfm", "customers/new"]
    pages += ["team", "api-keys", "audit-trail", "dead-letters", "settings", "exports"]
    pages += [
        "cohorts",
        "value-and-risk",
        "products",
        "reports",
        "reports/new",
        "reports/runs",
        "reports/schedules/new",
    ]
    pages += ["settings/shops", "settings/traits", "design", "design/specimens"]
    pages += ["account", "account/password", "account/app/add", "account/passkeys/add", "account/recovery-codes/make"]
    return {name: f"/{name}" for name in pages} | {
        "customer": f"/customers/{customer}",
        "order": f"/orders/{order}",
        "a product": shop.product_address(order),
        "products by how many came back": "/products?sort=came_back&category=Home",
        "no product found": "/products?q=xyzzy",
        "orders of a customer": f"/customers/{customer}/orders",
        "a customer is changed": f"/customers/{customer}/edit",
        "the other profile is searched": f"/customers/{customer}/merge?q=kovac",
        "two profiles": f"/customers/{customer}/merge?with={other}",
        "cohorts by country and revenue": "/cohorts?by=profile.country&period=week&show=revenue",
        "nobody found": "/customers?q=xyzzy",
        "the map by how much": "/rfm?measure=revenue&across=worth",
        "a filter that is open": f"/customers?{urlencode({'where': FILTER, 'open': 1, 'sort': 'orders.count'})}",
        "a filter that cannot be read": "/customers?where=orders.cuont+%3E+1",
        "the columns of the list": "/customers/columns",
        "the API": "/v1/docs",
        "a group of the API": "/v1/docs/orders",
        "a report": f"/reports/{report}",
        "a report itself": f"/reports/{report}/page",
    }


def fill_imports() -> dict[str, str]:
    """Send files in; return the addresses of imports in each of their states by name."""
    with_faults = "order,customer,date,amount\n" + "".join(
        f"{n},c{n},{n % 30 or 'x'}.11.2025,{n}\n" for n in range(1, 99)
    )
    done = shop.imported(with_faults)
    waiting = shop.receive(with_faults + "1000,c,1.1.2024,5\n")
    strange = shop.receive("a,b\n1,2\n")
    ready = shop.mapped(with_faults + "1001,c,1.1.2024,5\n")
    return {
        "imports": "/imports",
        "a file": "/imports/new",
        "an import that is done": f"/imports/{done.id}",
        "an import that is ready": f"/imports/{ready.id}",
        "the columns of a file": f"/imports/{waiting.id}/columns",
        "the columns of a file that are not recognised": f"/imports/{strange.id}/columns",
    }


def fill_all() -> dict[str, str]:
    """Fill a shop, send files in, let members earn and spend, and draft rules; return all pages' addresses by name."""
    pages, imports, members = fill(), fill_imports(), members_shop.fill_members()
    parts = (pages, imports, members, programs_shop.fill_programs())
    found = {name: address for part in parts for name, address in part.items()}
    assert len(found) == sum(map(len, parts)), "a page would hide behind another of its name"
    return found
