"""A file is sent in, understood, tried and imported by the console's pages."""

from __future__ import annotations

import csv
import gzip
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from regulars.customers.contracts import Trait, TraitKind
from regulars.customers.services import save_trait
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.faces.console.tests.test_pages import entries, figure
from regulars.imports import files
from regulars.imports.contracts import FileMapping, Import, ImportKind, ImportState
from regulars.imports.queries import get_import, list_imports
from regulars.orders.queries import list_orders
from regulars.staff.contracts import Role

ORDERS = (
    "nr;wer;wann;summe;stand\n"
    "1;ada@example.com;02.11.2026;5,00;bezahlt\n"
    "2;bo@example.com;niemals;7,00;bezahlt\n"
    "3;cleo@example.com;13.11.2026;1.200,50;bezahlt\n"
)
COLUMNS = {"column-order": "=nr", "column-customer": "=wer", "column-date": "=wann", "column-amount": "=summe"}


def upload(client: Client, content: bytes | str, *, kind: str = "orders", source: str = "shop", name: str = "o.csv"):
    told = content if isinstance(content, bytes) else content.encode()
    return client.post("/imports/new", {"kind": kind, "source": source, "file": SimpleUploadedFile(name, told)})


def sent(client: Client, content: bytes | str = ORDERS, **told: str) -> str:
    """Send a file in; return the address of its columns."""
    answer = upload(client, content, **told)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def mapped(client: Client) -> str:
    """Send a file in and keep what its columns are; return the import's address."""
    answer = client.post(sent(client), COLUMNS | {"keep": "yes"})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def what_would_be_kept(page: str) -> str:
    """Return the part of a page that shows it."""
    return page.split('id="preview-title"')[1]


def the_import() -> Import:
    [found] = list_imports(limit=2)
    return found


def test_an_empty_list_invites_those_who_may_import(owner: Client) -> None:
    page = owner.get("/imports").text
    assert "No imports yet" in page
    assert 'href="/imports/new"' in page
    page = client_of(Role.ANALYST).get("/imports").text
    assert "No imports yet" in page
    assert 'href="/imports/new"' not in page


def test_a_file_goes_through_all_steps(owner: Client) -> None:
    shop.business()
    address = mapped(owner)
    page = owner.get(address).text
    assert "Ready to be tried" in page
    assert f'href="{address}/columns"' in page
    assert "Reading the file" in owner.post(f"{address}/check", follow=True).text
    shop.work_on_imports()
    page = owner.get(address).text
    assert [figure(page, name) for name in ("imported", "updated", "unchanged", "refused")] == ["2", "0", "0", "1"]
    assert "nothing was kept" in page
    assert list_orders(limit=5) == []
    owner.post(f"{address}/start")
    shop.work_on_imports()
    page = owner.get(address).text
    assert [figure(page, name) for name in ("imported", "refused")] == ["2", "1"]
    assert "The date cannot be read" in page
    assert [order.total_minor for order in list_orders(limit=5)] == [120050, 500]
    assert "Imported" in owner.get("/imports").text


def test_what_is_chosen_shows_at_once_what_would_be_kept_and_keeps_nothing(owner: Client) -> None:
    address = sent(owner)
    page = owner.get(address).text
    assert "Tell who ordered, when, and the amount" in page
    assert '<option value="=summe">' in page
    assert re.search(r'name="keep"[^>]* disabled', page)
    part = owner.post(address, COLUMNS, headers={"HX-Request": "true", "HX-Target": "mapping"})
    assert part.status_code == 200
    assert "<html" not in part.text
    for expected in ("ada@example.com", "€1,200.50", "13 Nov 2026", "Comma (recognised)", "Day, month, year"):
        assert expected in part.text
    assert 'class="n">2</th>' in part.text
    assert the_import().state is ImportState.UPLOADED
    # Without scripts the whole page comes back, with what was chosen.
    page = owner.post(address, COLUMNS | {"show": "yes"}).text
    assert "<html" in page
    assert "ada@example.com" in page
    assert '<option value="=wer" selected>' in page


def test_a_column_can_be_said_not_to_be_there(owner: Client) -> None:
    content = "order,customer,date,amount,status\n1,a,2026-11-02,5.00,cancelled\n"
    address = sent(owner, content)
    assert "cancelled</td>" in what_would_be_kept(owner.get(address).text)
    page = owner.post(address, {"column-status": "-"}, headers={"HX-Target": "mapping"}).text
    assert "cancelled</td>" not in what_would_be_kept(page)
    owner.post(address, {"column-status": "-", "keep": "yes"})
    assert the_import().mapping == FileMapping(columns={"status": ""})
    assert '<option value="-" selected>' in owner.get(address).text


def test_another_delimiter_makes_other_columns_and_drops_what_was_said_of_those_that_are_gone(owner: Client) -> None:
    address = sent(owner)
    page = owner.post(address, COLUMNS | {"delimiter": "|"}, headers={"HX-Target": "mapping"}).text
    assert "nr;wer;wann;summe;stand" in page
    assert '<option value="=wer"' not in page
    page = owner.post(address, {"delimiter": "", "encoding": "no-such-thing"}, headers={"HX-Target": "mapping"}).text
    assert "There is no text encoding" in page


def test_people_are_shown_with_their_traits_and_those_whom_nothing_names_are_refused(owner: Client) -> None:
    trait = Trait(key="shoe_size", kind=TraitKind.NUMBER, label="Shoe size")
    save_trait(trait=trait, now=shop.now(), actor=shop.ACTOR)
    address = sent(owner, "Nr,Mail,Groesse\n7,ada@example.com,38\n,,39\n", kind="customers")
    page = owner.post(address, {"column-traits.shoe_size": "=Groesse"}).text
    assert "7, ada@example.com" in page
    assert "shoe_size: 38" in page
    assert "tells who this is" in page.split('id="refused-preview-title"')[1]


def test_products_are_shown(owner: Client) -> None:
    address = sent(owner, "sku,product_name,category\nb-1,Harvest Bowl,Home\n", kind="products")
    assert "Harvest Bowl" in what_would_be_kept(owner.get(address).text)
    assert "Decimal mark" not in owner.get(address).text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (gzip.compress(ORDERS.encode())[:-9], "may be damaged"),
        (b"x" * 2_000_001, "larger than 1 MB"),
    ],
)
def test_a_file_that_cannot_be_taken_is_told_at_its_field(
    owner: Client, monkeypatch: pytest.MonkeyPatch, content: bytes, words: str
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 2**20)
    answer = upload(owner, content)
    if not content:
        # What an empty file is, is known once it is read.
        answer = owner.get(answer.headers["Location"])
    else:
        assert answer.status_code == 422
        assert list_imports(limit=1) == []
        assert 'id="id_file_error"' in answer.text
    assert words in answer.text


def test_a_form_that_lacks_its_file_or_its_token_keeps_nothing(owner: Client) -> None:
    assert owner.post("/imports/new", {"kind": "orders", "source": "shop"}).status_code == 422
    assert upload(owner, ORDERS, source=" ").status_code == 422
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = owner.cookies
    assert upload(strict, ORDERS).status_code == 403
    assert list_imports(limit=1) == []


def test_no_other_page_takes_a_file(owner: Client) -> None:
    answer = owner.post("/api-keys/create", {"name": SimpleUploadedFile("name", b"Till 1"), "scopes": "orders.write"})
    assert answer.status_code == 422
    assert answer.wsgi_request.FILES == {}


def test_progress_is_what_was_done_of_all_and_ends_with_the_whole_page(owner: Client) -> None:
    address = mapped(owner)
    owner.post(f"{address}/start")
    part = {"HX-Request": "true", "HX-Target": "progress"}
    assert 'http-equiv="refresh"' in owner.get(address).text
    assert "Reading the file" in owner.get(address, headers=part).text
    shop.work_on_imports(batches=1)
    page = owner.get(address, headers=part).text
    assert 'value="3" max="3"' in page
    assert "3 of 3 rows" in page
    shop.work_on_imports()
    answer = owner.get(address, headers=part)
    assert answer.headers["HX-Refresh"] == "true"
    assert answer.text == ""
    assert 'http-equiv="refresh"' not in owner.get(address).text


def test_an_import_is_cancelled_and_one_that_failed_is_started_again(owner: Client) -> None:
    address = mapped(owner)
    owner.post(f"{address}/start")
    assert "It was cancelled" in owner.post(f"{address}/cancel", follow=True).text
    assert "has ended" in owner.post(f"{address}/start", follow=True).text
    address = mapped(owner)
    owner.post(f"{address}/start")
    found = list_imports(limit=1)[0]
    files.path_of(found.id).rename(files.path_of(found.id).with_suffix(".away"))
    shop.work_on_imports()
    page = owner.get(address).text
    assert "It could not go on" in page
    assert "no longer kept" in page
    files.path_of(found.id).with_suffix(".away").rename(files.path_of(found.id))
    owner.post(f"{address}/start")
    shop.work_on_imports()
    assert get_import(found.id).state is ImportState.DONE


def test_the_same_file_again_is_told_with_the_import_that_was_before(owner: Client) -> None:
    first = mapped(owner)
    owner.post(f"{first}/start")
    shop.work_on_imports()
    again = sent(owner)
    page = owner.get(again).text
    assert "The same file was imported before." in page
    assert f'href="{first}"' in page
    assert "imported before" not in owner.get(first).text


def test_the_refused_rows_are_taken_home_and_that_is_on_the_audit_trail(owner: Client) -> None:
    address = sent(owner, ORDERS.replace("niemals", "=1+1"), name="ä;x.csv")
    address = str(owner.post(address, COLUMNS | {"keep": "yes"}).headers["Location"])
    owner.post(f"{address}/start")
    shop.work_on_imports()
    answer = owner.get(f"{address}/refused.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "filename*=utf-8''refused-%C3%A4%3Bx.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert rows[0][:5] == ["nr", "wer", "wann", "summe", "stand"]
    assert rows[1][:3] == ["2", "bo@example.com", "'=1+1"]
    assert len(rows) == 2
    [entry] = entries("import.refused_rows_read")
    assert entry.object_id in address


def test_refused_rows_come_page_by_page(owner: Client) -> None:
    content = "order,customer,date,amount\n" + "".join(f"{number},a,never,1\n" for number in range(120))
    address = str(owner.post(sent(owner, content), {"column-date": "=date", "keep": "yes"}).headers["Location"])
    owner.post(f"{address}/start")
    shop.work_on_imports()
    seen: list[str] = []
    page = address
    while page:
        text = owner.get(page, headers={"HX-Target": "refused"}).text
        seen += re.findall(r'<th scope="row" class="n">(\d+)</th>', text)
        after = re.search(r'href="([^"]+\?after=\d+)"', text)
        page = after[1] if after else ""
    assert seen == [str(number) for number in range(1, 121)]
    assert owner.get(f"{address}?after=x").status_code == 400


def test_the_list_is_paged_and_shows_one_kind(owner: Client) -> None:
    for number in range(60):
        shop.receive(f"order,customer,date,amount\n{number},a,2026-11-02,1\n", name=f"file-{number}.csv")
    shop.receive("sku\nb-1\n", kind=ImportKind.PRODUCTS, name="goods.csv")
    page = owner.get("/imports").text
    assert page.count("file-") == 49
    after = re.search(r'href="(/imports\?before=[^"]+)"', page)
    assert after
    assert owner.get(after[1]).text.count("file-") == 11
    page = owner.get("/imports?kind=products").text
    assert "goods.csv" in page
    assert "file-" not in page
    assert "None of this kind" in owner.get("/imports?kind=customers").text
    assert owner.get("/imports?before=1.zz").status_code == 400


def test_who_may_only_read_sees_an_import_and_cannot_act_on_it(owner: Client) -> None:
    address = mapped(owner)
    page = client_of(Role.ANALYST).get(address).text
    assert "Ready to be tried" in page
    assert "/start" not in page
    assert "Nobody has said yet" in client_of(Role.ANALYST).get(sent(owner).removesuffix("/columns")).text
