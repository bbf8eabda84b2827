"""The staff's own things: keys, accounts, roles, invitations, the audit trail."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from regulars.client import ApiError, Client
from regulars.faces.api.jobs import note_last_uses
from regulars.faces.api.models import Allowance, IdempotencyKey
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.staff import services
from regulars.staff.contracts import Role
from regulars.staff.permissions import PERMISSIONS
from regulars.staff.queries import find_open_invitation
from regulars.stream.contracts import system

NOWHERE = "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"


def client_with(key: str) -> Client:
    return Client(URL, key, transport=transport(), attempts=1)


def owner(email: str = "mira@example.com", name: str = "Mira", role: Role = Role.OWNER) -> str:
    account = services.create_account(
        email=email, name=name, role=role, password=None, now=timezone.now(), actor=system("test")
    )
    return str(account.id)


def test_a_key_knows_itself_and_others_without_secrets(client: Client):
    me = client.me()
    assert me["scopes"] == sorted(PERMISSIONS)
    assert [each["id"] for each in client.api_keys.list()] == [me["id"]]
    assert "digest" not in json.dumps(client.api_keys.list())
    assert client.staff.accounts() == []


def test_a_key_is_made_used_and_revoked(client: Client):
    made = client.api_keys.create("till", ["orders.write", "orders.read"], expires_at="2126-01-01T00:00:00Z")
    assert made["secret"]
    till = client_with(made["secret"])
    assert (till.me()["name"], till.me()["scopes"]) == ("till", ["orders.read", "orders.write"])
    assert client.api_keys.revoke(made["key"]["id"])["revoked_at"]
    with pytest.raises(ApiError) as refused:
        till.me()
    assert refused.value.status == 401


def test_a_key_gives_no_scope_that_it_lacks(client: Client):
    narrow = client_with(make_key("api_keys.manage", "orders.read"))
    assert narrow.api_keys.create("reader", ["orders.read"])["key"]["scopes"] == ["orders.read"]
    with pytest.raises(ApiError) as refused:
        narrow.api_keys.create("owner", ["orders.read", "staff.manage"])
    assert (refused.value.status, refused.value.code) == (403, "forbidden")
    with pytest.raises(ApiError) as unknown:
        narrow.api_keys.create("poet", ["poems.write"])
    assert (unknown.value.status, unknown.value.code) == (422, "unknown_scope")


def test_a_secret_is_told_once_and_kept_nowhere(client: Client):
    first = client.api_keys.create("till", ["orders.write"], idempotency_key="k")
    again = client.api_keys.create("till", ["orders.write"], idempotency_key="k")
    assert (again["key"], again["secret"]) == (first["key"], None)
    invited = client.staff.invite("ada@example.com", "agent", idempotency_key="i")
    assert client.staff.invite("ada@example.com", "agent", idempotency_key="i") == {**invited, "link": None}
    assert invited["link"]
    assert first["secret"]
    kept = b"".join(bytes(row.body or b"") for row in IdempotencyKey.objects.all())
    for secret in (first["secret"], invited["link"].rpartition("/")[2], "ada@example.com"):
        assert secret.encode() not in kept


def test_somebody_is_invited_by_a_link_and_an_invitation_is_withdrawn(client: Client):
    made = client.staff.invite("ada@example.com", "agent")
    assert made["link"]
    found = find_open_invitation(made["link"].rstrip("/").rpartition("/")[2], now=timezone.now())
    assert found
    assert (str(found.id), found.role) == (made["invitation_id"], Role.AGENT)
    assert [(each["email"], each["role"]) for each in client.staff.invitations()] == [("ada@example.com", "agent")]
    client.staff.withdraw(made["invitation_id"])
    assert client.staff.invitations() == []
    with pytest.raises(ApiError) as gone:
        client.staff.withdraw(made["invitation_id"])
    assert (gone.value.status, gone.value.code) == (404, "no_such_invitation")


def test_who_is_here_already_is_not_invited(client: Client):
    owner()
    with pytest.raises(ApiError) as refused:
        client.staff.invite("MIRA@example.com", "agent")
    assert (refused.value.status, refused.value.code) == (409, "email_taken")


def test_an_account_changes_and_one_owner_stays(client: Client):
    mira, ada = owner(), owner("ada@example.com", "Ada", Role.AGENT)
    assert client.staff.change(ada, role="manager", name="Ada L.")["role"] == "manager"
    assert [(each["name"], each["role"]) for each in client.staff.accounts()] == [
        ("Ada L.", "manager"),
        ("Mira", "owner"),
    ]
    with pytest.raises(ApiError) as refused:
        client.staff.change(mira, is_active=False)
    assert (refused.value.status, refused.value.code) == (409, "last_owner")
    with pytest.raises(ApiError) as absent:
        client.staff.change(NOWHERE, name="Nobody")
    assert (absent.value.status, absent.value.code) == (404, "no_such_account")


def test_roles_tell_what_each_may_do(client: Client):
    roles = {each["role"]: each["permissions"] for each in client.staff.roles()}
    assert roles["owner"] == sorted(PERMISSIONS)
    assert "staff.manage" not in roles["manager"]


def test_the_audit_trail_is_read_page_by_page_and_by_what_was_done(client: Client):
    for number in range(5):
        client.business.put_rates([{"currency": "USD", "valid_on": f"2026-11-1{number}", "rate": "0.9"}])
        client.api_keys.create(f"key {number}", ["orders.read"])
    me = f"api_key:{client.me()['id']}"
    listed = list(client.audit.list(actor=me, action="api_key.created", page_size=2))
    assert len({each["id"] for each in listed}) == 5
    assert [each["at"] for each in listed] == sorted((each["at"] for each in listed), reverse=True)
    [one] = client.audit.list(object_kind="api_key", object_id=listed[0]["object_id"])
    assert one == listed[0]


def test_when_a_key_was_last_used_is_kept_once_a_day(client: Client):
    me = client.me()["id"]
    assert client.me()["last_used_on"] is None
    assert (note_last_uses(), note_last_uses()) == (1, 0)
    told = client.me()["last_used_on"]
    assert told
    assert timezone.now() - datetime.fromisoformat(told) < timedelta(minutes=3)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    Allowance.objects.filter(api_key_id=me).update(time_window=int(tomorrow.timestamp()) // 60)
    assert note_last_uses() == 1
