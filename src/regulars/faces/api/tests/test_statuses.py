from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

from regulars.faces.api.errors import STATUS, json_pointer
from regulars.kit.errors import DomainError
from regulars.kit.pagination import WrongCursor, decode_cursor, encode_cursor, page_of


def import_features() -> None:
    """Import all modules of features, so that all errors are known."""
    for feature in ("stream", "business", "staff", "customers", "orders", "loyalty", "insights", "imports", "exports"):
        package = importlib.import_module(f"regulars.{feature}")
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(each.name)


import_features()


def errors(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from errors(each)


def test_each_status_is_that_of_an_error_that_exists():
    assert STATUS.keys() - {each.code for each in errors()} == set()


def test_what_is_not_there_is_404():
    absent = {each.code for each in errors() if each.code.startswith("no_such_")}
    assert {code for code in absent if STATUS.get(code) != 404} == set()


def test_a_pointer_escapes_what_a_pointer_is_made_of():
    assert json_pointer(["lines", 0, "a/b~c"]) == "/lines/0/a~1b~0c"
    assert json_pointer([]) == ""


def test_a_cursor_comes_back_as_the_place_it_stands_for():
    cursor = encode_cursor("orders", ["2026-11-20", 7])
    assert decode_cursor("orders", cursor) == ["2026-11-20", 7]


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: "A" + text[1:], lambda _: "", lambda _: "é"])
def test_a_cursor_that_was_changed_is_refused(change):
    with pytest.raises(WrongCursor):
        decode_cursor("orders", change(encode_cursor("orders", ["2026-11-20", 7])))


def test_a_cursor_of_another_list_is_refused():
    with pytest.raises(WrongCursor):
        decode_cursor("products", encode_cursor("orders", ["a"]))


def test_the_last_page_leads_nowhere():
    assert page_of([1, 2], limit=2, name="n", place=lambda each: [each]).next is None
    page = page_of([1, 2, 3], limit=2, name="n", place=lambda each: [each])
    assert list(page.items) == [1, 2]
    assert page.next
    assert decode_cursor("n", page.next) == [2]
