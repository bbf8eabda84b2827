"""Whatever stands in a field that comes from outside is text: on no page does it run, and on each it is shown."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest
from playwright.sync_api import Page, expect

from regulars.customers.contracts import Profile, Trait, TraitKind
from regulars.customers.services import add_note, change_profile, save_trait, set_tags
from regulars.exports.contracts import ExportFormat, ExportKind
from regulars.exports.services import ask_for
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import Console
from regulars.facts.language.lexer import quoted
from regulars.imports.contracts import ImportKind
from regulars.insights.carrying_on import carry_on
from regulars.insights.services import request_run
from regulars.staff.contracts import Role
from regulars.staff.services import create_account, create_api_key
from regulars.stream.contracts import NewEvent
from regulars.stream.services import append

pytestmark = pytest.mark.browser

# Each breaks out of another place: text, a quoted and a bare attribute, a script, a template, an address, a comment.
CORPUS = (
    "<script>window.ran=1;alert(1)</script>",
    '<img src=x onerror="window.ran=1;alert(1)">',
    '"><svg onload=window.ran=1;alert(1)>',
    "' onmouseover='window.ran=1;alert(1)' autofocus onfocus='window.ran=1;alert(1)",
    "</textarea></title></style></template></dialog><script>window.ran=1</script>",
    "{{ 7*7 }}{% debug %}${7*7}",
    "javascript:window.ran=1//",
    "<a href=javascript:window.ran=1 id=content>x</a><base href=//evil.example>",
    "<div hx-get=/sign-out hx-trigger=load hx-on:htmx:load=window.ran=1>x</div>",
    "--><iframe srcdoc='<script>parent.ran=1</script>'></iframe><!--",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.ran=1&gt;">',
    "\u202e<ſcript>window.ran=1</ſcript>\u2028",
)

COHORTS = tuple(f"/cohorts?by={name}" for name in ("channel", "location", "category", "traits.pick"))


def planted(text: str, number: int) -> shop.Words:
    """Return words in which each field is the text; those that must differ or have a form carry a number."""
    words = dataclasses.asdict(shop.Words())
    every = dict.fromkeys(words, text)
    return shop.Words(
        **every | {"external_id": f"{text}{number}", "email": f"x{number}@example.com", "card": f"{text}{number}"}
    )


def plant() -> list[str]:
    """Put the corpus into every field; return the addresses of the pages that show it."""
    for trait in (
        Trait(key="wish", kind=TraitKind.TEXT, label=CORPUS[0]),
        Trait(key="pick", kind=TraitKind.CHOICE, label=CORPUS[2], description=CORPUS[1], choices=CORPUS),
    ):
        save_trait(trait=trait, now=shop.now(), actor=shop.ACTOR)
    addresses = [
        "/customers",
        "/customers?q=%3Cscript%3Ewindow.ran%3D1%3C%2Fscript%3E",
        "/team",
        "/account",
        "/api-keys",
        "/settings",
    ]
    addresses += ["/audit-trail", "/audit-trail?object_id=%22%3E%3Csvg+onload%3Dalert(1)%3E", "/dead-letters"]
    shop.business(CORPUS[1])
    for number, text in enumerate(CORPUS):
        [(order, customer)] = shop.put([shop.order_of(planted(text, number))])
        now, actor = shop.now(), shop.ACTOR
        profile = Profile(given_name=text, family_name=text, postcode=text, traits={"wish": text, "pick": text})
        change_profile(customer_id=customer, profile=profile, now=now, actor=actor)
        add_note(customer_id=customer, text=text, now=now, actor=actor)
        set_tags(customer_id=customer, tags=[text[:50]], now=now, actor=actor)
        strange = NewEvent(
            type=text, actor=shop.ACTOR, source=text, occurred_at=shop.now(), customer_id=customer,
            payload={"number": text, "channel": text, "order_id": text, "fields": [text], "currency": text},
        )  # fmt: skip
        append([strange], now=shop.now())
        create_api_key(name=text, scopes=["orders.read"], now=now, actor=actor)
        create_account(email=f"n{number}@example.com", name=text, role=Role.TILL, password=None, now=now, actor=actor)
        shop.kept_beyond_the_usual(customer, text)
        shop.merged(customer, shop.somebody(text, f"other{number}@example.com"))
        other = shop.somebody(text, f"another{number}@example.com")
        addresses += [f"/customers/{customer}", f"/orders/{order}", f"/customers/{customer}/edit"]
        addresses += [f"/customers/{customer}/orders", f"/customers/{customer}/merge?with={other}"]
        addresses += ["/settings/traits", "/settings/shops", shop.product_address(order)]
        schedule, report = shop.scheduled(text), shop.reported(text)
        addresses += [f"/reports/schedules/{schedule}", f"/reports/{report}"]
        addresses += plant_imports(text, number)
    shop.dead_letter(planted(CORPUS[0], 99))
    carry_on(request_run(now=shop.now(), actor=shop.ACTOR).id, clock=shop.now)
    plant_exports()
    return [*addresses, "/imports", "/exports", "/reports", "/products", "/overview", *COHORTS]


def plant_exports() -> None:
    """Have files written whose conditions hold the corpus, the texts that the list of them shows."""
    for text in CORPUS:
        condition = f"profile.city = {quoted(text)}"
        kind, form = ExportKind.FACTS, ExportFormat.PARQUET
        ask_for(kind=kind, form=form, condition=condition, now=shop.now(), actor=shop.ACTOR)


def plant_imports(text: str, number: int) -> list[str]:
    """Send in files whose name, columns and cells are the text; return pages of theirs."""
    out = io.StringIO()
    orders = csv.writer(out, quoting=csv.QUOTE_ALL)
    orders.writerow(["order", "customer", "date", "amount", "product_name", text])
    orders.writerow([f"{text}{number}", text, "2026-11-02", "5.00", text, text])
    orders.writerow([f"{text}-{number}", text, text, "5.00", text, text])
    people = io.StringIO()
    rows = csv.writer(people, quoting=csv.QUOTE_ALL)
    rows.writerow(["id", "name", "wish", text])
    rows.writerow([f"{text}{number}", text, text, text])
    waiting = shop.receive(out.getvalue() + f"{number},,,,,\n", name=text)
    persons = shop.receive(people.getvalue(), kind=ImportKind.CUSTOMERS, name=text)
    done = shop.imported(out.getvalue(), name=text)
    return [f"/imports/{waiting.id}/columns", f"/imports/{persons.id}/columns", f"/imports/{done.id}"]


def nothing_ran(page: Page) -> None:
    """Move over all there is, and hold that no text became more than text."""
    assert page.evaluate("window.ran") is None
    # What the drawing of a chart sets is ours.
    strange = (
        "script:not([src]), base, iframe, [onerror], [onload], [onfocus], [onmouseover], [srcdoc], [style]:not(.plot *)"
    )
    assert page.locator(strange).count() == 0
    assert page.locator("a[href^='javascript:']").count() == 0
    assert page.locator("#content").count() == 1


def test_no_text_from_outside_runs_on_any_page_and_each_is_shown_as_it_is(console: Console) -> None:
    addresses = plant()
    last = 5 + len(COHORTS)
    assert len(addresses) == 9 + 13 * len(CORPUS) + last
    named = dict(zip(addresses[9:-last:13], CORPUS, strict=True))
    named |= dict(zip(addresses[16:-last:13], CORPUS, strict=True))
    page = console.page()
    for address in addresses:
        page.goto(address)
        nothing_ran(page)
        if address == "/exports":
            assert CORPUS[0] in page.locator("#files").inner_text()
        if address in named:
            assert " ".join(named[address].split()) in " ".join((page.locator("h1").text_content() or "").split())
    assert console.complaints == []


def test_no_text_from_outside_runs_in_the_palette(console: Console) -> None:
    for number, text in enumerate(CORPUS):
        shop.somebody(text, f"zelda{number}@example.com")
    page = console.page()
    page.goto("/settings")
    page.keyboard.press("Control+k")
    for number, text in enumerate(CORPUS):
        page.locator("#palette [role=combobox]").fill(f"zelda{number}@example.com")
        expect(page.locator("#palette").get_by_role("option")).to_have_count(1)
        expect(page.locator("#palette .palette-detail")).to_have_text(f"zelda{number}@example.com")
        shown = page.locator("#palette .palette-text").text_content() or ""
        assert " ".join(shown.split()) == " ".join(text.split())
        nothing_ran(page)
    console.complaints[:] = [each for each in console.complaints if "htmx:" not in each]


def test_a_text_that_becomes_markup_would_be_found(console: Console) -> None:
    page = console.page()
    page.goto("/customers")
    page.evaluate("document.querySelector('h1').innerHTML = '<img src=\"data:,\" onerror=\"window.ran=1\">'")
    with pytest.raises(AssertionError):
        nothing_ran(page)
    page.wait_for_timeout(300)
    assert console.complaints
    console.complaints.clear()
