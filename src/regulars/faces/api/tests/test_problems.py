from __future__ import annotations

import httpx
import pytest

from regulars.faces.api.tests.told_orders import an_order


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"]
    return told["status"], told["code"]


def test_malformed_json_is_400(http: httpx.Client):
    answer = http.put("/orders/shop/1", content=b'{"placed_at": ', headers={"Content-Type": "application/json"})
    assert problem(answer) == (400, "malformed_json")


def test_an_unknown_field_is_refused_with_its_pointer(http: httpx.Client):
    order = an_order()
    order["lines"][0]["a/b"] = 1  # type: ignore[typeddict-unknown-key]
    answer = http.put("/orders/shop/1", json=order)
    assert problem(answer) == (422, "unknown_field")
    assert answer.json()["pointer"] == "/lines/0/a~1b"


def test_several_faults_are_listed(http: httpx.Client):
    answer = http.put("/orders/shop/1", json=an_order(currency="euro", total_minor="12"))
    assert problem(answer)[0] == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/currency", "/total_minor"]


def test_an_unknown_parameter_is_refused(http: httpx.Client):
    answer = http.get("/orders", params={"custmer_id": "1"})
    assert problem(answer) == (422, "unknown_parameter")
    assert answer.json()["parameter"] == "custmer_id"


def test_a_parameter_that_comes_twice_is_refused(http: httpx.Client):
    assert problem(http.get("/orders?limit=1&limit=2")) == (422, "repeated_parameter")


def test_a_time_of_any_zone_is_understood_and_a_number_is_none(http: httpx.Client):
    assert http.get("/orders", params={"since": "2026-11-20T10:00:00+21:53"}).status_code == 200
    answer = http.put("/orders/shop/1", json=an_order(placed_at="2026-11-20T10:00:00+21:53"))
    assert answer.json()["outcome"] == "created"
    assert http.get("/orders/shop/1").json()["placed_at"] == "2026-11-19T12:07:00Z"
    for wrong in ("0.5", "1700000000", "0001-01-01T00:00:00+10:00", "2026-11-20T10:00:00"):
        assert problem(http.get("/orders", params={"since": wrong}))[0] == 422


def test_a_cursor_of_another_list_is_refused(http: httpx.Client):
    for number in range(2):
        http.put(f"/products/shop/{number}", json={"name": "Bowl"})
    cursor = http.get("/products", params={"limit": 1}).json()["next"]
    assert problem(http.get("/orders", params={"cursor": cursor})) == (400, "wrong_cursor")
    assert problem(http.get("/products", params={"cursor": cursor[:-1] + "é"})) == (400, "wrong_cursor")


@pytest.mark.parametrize("path", ["/nothing", "/orders/", "/", "/orders/a/b/c"])
def test_an_address_that_leads_nowhere_is_404_in_json(http: httpx.Client, path: str):
    assert problem(http.get(path)) == (404, "not_found")


def test_a_method_that_is_not_possible_is_405_and_says_what_is(http: httpx.Client):
    answer = http.delete("/orders/shop/1")
    assert problem(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"]


def test_a_body_that_is_no_json_is_415(http: httpx.Client):
    assert problem(http.put("/orders/shop/1", data={"a": "b"})) == (415, "not_json")


def test_a_body_that_is_too_large_is_413(http: httpx.Client):
    content = b'{"number": "' + b"x" * (8 * 2**20) + b'"}'
    answer = http.put("/orders/shop/1", content=content, headers={"Content-Type": "application/json"})
    assert problem(answer) == (413, "body_too_large")


def test_a_text_that_cannot_be_kept_is_refused(http: httpx.Client):
    assert problem(http.put("/products/shop/1", json={"name": "a\0b"})) == (422, "nul_character")
    assert problem(http.get("/products/shop/a%00b")) == (422, "nul_character")


def test_a_fault_of_ours_is_told_as_a_problem(http: httpx.Client, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("regulars.orders.queries.list_products", broken)
    answer = http.get("/products")
    assert problem(answer) == (500, "internal_error")
    assert "secret" not in answer.text
