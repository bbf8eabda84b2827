from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone

from regulars.faces.api.jobs import KEPT_FOR, forget_old_keys
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport

CALLS = 50


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_the_same_key_and_body_get_the_same_answer_marked(http: httpx.Client):
    first = http.put("/orders/shop/1", json=an_order(), headers=keyed("a"))
    again = http.put("/orders/shop/1", json=an_order(), headers=keyed("a"))
    assert first.json()["outcome"] == "created"
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


def test_the_same_key_with_another_request_is_refused(http: httpx.Client):
    http.put("/orders/shop/1", json=an_order(), headers=keyed("a"))
    other_body = http.put("/orders/shop/1", json=an_order(number="7"), headers=keyed("a"))
    other_path = http.put("/orders/shop/2", json=an_order(), headers=keyed("a"))
    for answer in (other_body, other_path):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_keys_of_two_api_keys_have_nothing_to_do_with_each_other(http: httpx.Client):
    http.put("/orders/shop/1", json=an_order(), headers=keyed("a"))
    other = {"Authorization": f"Bearer {make_key()}"}
    answer = http.put("/orders/shop/1", json=an_order(), headers=keyed("a") | other)
    assert answer.json()["outcome"] == "unchanged"
    assert "idempotency-replayed" not in answer.headers


def test_a_refused_write_leaves_no_key(http: httpx.Client):
    refused = http.put("/orders/shop/1", json=an_order(total_minor=1), headers=keyed("a"))
    assert refused.status_code == 422
    assert http.put("/orders/shop/1", json=an_order(), headers=keyed("a")).json()["outcome"] == "created"


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_a_key_that_cannot_be_printed_or_is_too_long_is_refused(http: httpx.Client, key: str):
    answer = http.put("/orders/shop/1", json=an_order(), headers=keyed(key))
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_idempotency_key")


def test_old_keys_are_forgotten_and_young_ones_kept(http: httpx.Client):
    http.put("/orders/shop/1", json=an_order(), headers=keyed("a"))
    assert forget_old_keys(timezone.now() + KEPT_FOR - timedelta(minutes=1)) == 0
    assert forget_old_keys(timezone.now() + KEPT_FOR + timedelta(minutes=1)) == 1
    assert http.put("/orders/shop/1", json=an_order(), headers=keyed("a")).json()["outcome"] == "unchanged"


def put_in_a_thread(key: str, number: str, idempotency_key: str) -> httpx.Response:
    try:
        with httpx.Client(base_url=f"{URL}/v1", transport=transport()) as http:
            return http.put(
                f"/orders/shop/{number}",
                json=an_order(),
                headers={"Authorization": f"Bearer {key}"} | keyed(idempotency_key),
            )
    finally:
        connections.close_all()


def test_fifty_calls_at_once_have_one_effect_and_one_answer(fresh_database: str):
    key = make_key()
    with ThreadPoolExecutor(CALLS) as threads:
        answers = list(threads.map(lambda _: put_in_a_thread(key, "1", "once"), range(CALLS)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert answers[0].json()["outcome"] == "created"
    assert sum("idempotency-replayed" in each.headers for each in answers) == CALLS - 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM stream_event WHERE type = 'order.placed'")
        assert cursor.fetchone() == (1,)


def test_a_call_in_flight_is_waited_for_no_longer_than_the_time_out(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(settings, "API_LOCK_SECONDS", 0.2)
    key = make_key()
    claimed, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO api_idempotency_key (api_key_id, key, request_digest, created_at)"
                " SELECT id, 'held', '', now() FROM staff_api_key"
            )
            claimed.set()
            done.wait(30)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    claimed.wait(30)
    answer = put_in_a_thread(key, "1", "held")
    done.set()
    holder.join()
    assert (answer.status_code, answer.json()["code"]) == (409, "in_flight")
    assert answer.headers["retry-after"] == "1"
