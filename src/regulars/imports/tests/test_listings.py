"""Files of customers and of products."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from regulars.customers import queries as customers
from regulars.customers.contracts import Customer, Trait, TraitKind
from regulars.customers.services import save_trait
from regulars.imports.contracts import Counts, ImportKind
from regulars.imports.kinds.columns import UnknownRole
from regulars.imports.reading import FileNotImportable
from regulars.imports.tests.import_factory import MIRA, NOW, refused_of, run, send
from regulars.orders.queries import get_product

pytestmark = pytest.mark.django_db
PEOPLE = """\
Kundennummer;E-Mail;Name;Ort;Geburtsdatum;Mobil;Schuhgröße
1;INES@example.com;Ines Kovač;Wien;24.12.1990;+43 664 1234567;38,5
2;;Bob;Graz;13.1.1985;;
;;Niemand;Linz;;;
4;dora@example.com;Dora;Wels;bald;;
5;eva@example.com;Eva;Linz;;;groß
"""


@pytest.fixture
def shoe_size() -> None:
    save_trait(trait=Trait(key="shoe_size", kind=TraitKind.NUMBER, label="Schuhgröße"), now=NOW, actor=MIRA)


def customer(email: str) -> Customer:
    with connection.cursor() as cursor:
        cursor.execute("SELECT customer_id FROM customers_identifier WHERE value = %s", [email])
        [identity] = cursor.fetchone()
    return customers.get_customer(identity)


def test_columns_become_identifiers_a_profile_and_traits(shoe_size: None) -> None:
    done = run(send(PEOPLE, ImportKind.CUSTOMERS))
    ines = customer("ines@example.com")
    assert (ines.name, ines.city, ines.birthday) == ("Ines Kovač", "Wien", date(1990, 12, 24))
    assert {(each.kind.value, each.value, each.source) for each in ines.identifiers} == {
        ("external_id", "1", "shop"),
        ("email", "ines@example.com", ""),
        ("phone", "+436641234567", ""),
    }
    assert ines.traits == {"shoe_size": 38.5}
    assert done.recognised
    assert done.recognised.columns["traits.shoe_size"] == "Schuhgröße"


def test_people_whom_nothing_names_and_cells_that_cannot_be_meant_are_refused(shoe_size: None) -> None:
    done = run(send(PEOPLE, ImportKind.CUSTOMERS))
    assert refused_of(done) == {3: "nobody_named", 4: "bad_value", 5: "bad_value"}
    assert done.counts == Counts(imported=2, refused=3)


def test_customers_again_change_nothing_and_news_replaces_what_was_known(shoe_size: None) -> None:
    run(send(PEOPLE, ImportKind.CUSTOMERS))
    assert run(send(PEOPLE + "\n", ImportKind.CUSTOMERS)).counts == Counts(unchanged=2, refused=3)
    moved = PEOPLE.replace("Kovač;Wien", "Kovač;Graz")
    assert run(send(moved, ImportKind.CUSTOMERS)).counts == Counts(updated=1, unchanged=1, refused=3)
    assert customer("ines@example.com").city == "Graz"


def test_products_are_added_renamed_or_as_they_were() -> None:
    content = "sku,title,category\nbowl,Harvest Bowl,Home\n,,Home\ncup,Cup,Home\n"
    done = run(send(content, ImportKind.PRODUCTS))
    assert done.counts == Counts(imported=2, refused=1)
    assert refused_of(done) == {2: "no_product"}
    again = run(send(content.replace("Cup,", "Mug,"), ImportKind.PRODUCTS))
    assert again.counts == Counts(updated=1, unchanged=1, refused=1)
    assert (get_product("shop", "cup").name, get_product("shop", "cup").category) == ("Mug", "Home")


def test_what_the_user_says_of_columns_holds_for_people() -> None:
    run(send("a,b,c\nx1,ines@example.com,Ines\n", ImportKind.CUSTOMERS, columns={"id": "a", "email": "b", "name": "3"}))
    assert customer("ines@example.com").name == "Ines"


def test_a_file_without_any_column_of_people_is_refused() -> None:
    with pytest.raises(FileNotImportable) as caught:
        send("colour,shape\nred,round\n", ImportKind.CUSTOMERS)
    assert caught.value.code == "column_not_recognised"


def test_a_column_cannot_be_what_such_a_file_does_not_hold() -> None:
    with pytest.raises(FileNotImportable) as caught:
        send(PEOPLE, ImportKind.CUSTOMERS, columns={"amount": "Name"})
    assert caught.value.code == UnknownRole.code
