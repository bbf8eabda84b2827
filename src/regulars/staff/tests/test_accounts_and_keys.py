"""Who may come in, as what, and with which keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from regulars.staff import queries, services
from regulars.staff.contracts import Account, Role
from regulars.staff.models import Account as AccountRow
from regulars.staff.models import ApiKey as ApiKeyRow
from regulars.staff.models import AuditEntry, Invitation
from regulars.staff.permissions import PERMISSIONS, role_may
from regulars.stream.contracts import Actor, system

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACTOR = system("test")
PASSWORD = "correct horse battery staple"
pytestmark = pytest.mark.django_db


def make(email: str = "mira@example.com", role: Role = Role.OWNER) -> Account:
    return services.create_account(email=email, name="Mira", role=role, password=PASSWORD, now=NOW, actor=ACTOR)


def test_an_address_is_one_account_whatever_its_case() -> None:
    make("Mira@Example.com")
    with pytest.raises(services.EmailTaken):
        make("mira@example.com")
    assert AccountRow.objects.get_by_natural_key(" MIRA@example.com ").check_password(PASSWORD)


@pytest.mark.parametrize("password", ["short", "password1234", "1234567890123", "mira@example.com"])
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    with pytest.raises(services.WrongAccount) as caught:
        services.create_account(
            email="mira@example.com", name="Mira", role=Role.TILL, password=password, now=NOW, actor=ACTOR
        )
    assert caught.value.field == "password"


@pytest.mark.parametrize("email", ["", "mira", "mira@", "@example.com", "mi ra@example.com"])
def test_what_is_no_address_makes_no_account(email: str) -> None:
    with pytest.raises(services.WrongAccount):
        make(email)


def test_the_last_owner_stays() -> None:
    mira = make()
    for different in ({"role": Role.MANAGER}, {"is_active": False}):
        with pytest.raises(services.LastOwner):
            services.change_account(account_id=mira.id, **different, now=NOW, actor=ACTOR)
    make("jo@example.com")
    changed = services.change_account(account_id=mira.id, role=Role.MANAGER, now=NOW, actor=ACTOR)
    assert changed.role is Role.MANAGER


def test_an_invitation_lets_one_person_in_once_with_its_role() -> None:
    made = services.invite(email="Jo@example.com", role=Role.AGENT, now=NOW, actor=ACTOR)
    assert queries.list_open_invitations(now=NOW) == [made.invitation]
    jo = services.accept_invitation(secret=made.secret, name="Jo", password=PASSWORD, now=NOW)
    assert (jo.email, jo.role) == ("jo@example.com", Role.AGENT)
    with pytest.raises(services.NoSuchInvitation):
        services.accept_invitation(secret=made.secret, name="Jo", password=PASSWORD, now=NOW)
    assert queries.list_open_invitations(now=NOW) == []


def test_an_invitation_ends_by_time_by_withdrawal_and_by_a_newer_one() -> None:
    first = services.invite(email="jo@example.com", role=Role.AGENT, now=NOW, actor=ACTOR)
    second = services.invite(email="jo@example.com", role=Role.TILL, now=NOW, actor=ACTOR)
    assert queries.find_open_invitation(first.secret, now=NOW) is None
    later = NOW + timedelta(days=services.INVITATION_DAYS)
    assert queries.find_open_invitation(second.secret, now=later) is None
    assert queries.find_open_invitation(second.secret, now=later - timedelta(seconds=1))
    services.withdraw_invitation(invitation_id=second.invitation.id, now=NOW, actor=ACTOR)
    assert queries.find_open_invitation(second.secret, now=NOW) is None


def test_no_secret_is_kept() -> None:
    key = services.create_api_key(name="shop", scopes=["orders.write"], now=NOW, actor=ACTOR)
    made = services.invite(email="jo@example.com", role=Role.AGENT, now=NOW, actor=ACTOR)
    kept = str([*ApiKeyRow.objects.values(), *Invitation.objects.values(), *AuditEntry.objects.values()])
    assert key.secret[queries.PREFIX_LENGTH :] not in kept
    assert made.secret not in kept


def test_a_key_is_found_by_its_secret_until_it_is_revoked_or_ends() -> None:
    soon = NOW + timedelta(hours=1)
    made = services.create_api_key(name="shop", scopes=["orders.write"], expires_at=soon, now=NOW, actor=ACTOR)
    assert queries.find_api_key(made.secret, now=NOW) == made.key
    assert queries.find_api_key(made.secret + "x", now=NOW) is None
    assert queries.find_api_key(made.secret[:-1], now=NOW) is None
    assert queries.find_api_key("", now=NOW) is None
    assert queries.find_api_key(made.secret, now=soon) is None
    services.revoke_api_key(api_key_id=made.key.id, now=NOW, actor=ACTOR)
    assert queries.find_api_key(made.secret, now=NOW) is None


@pytest.mark.parametrize("scopes", [[], ["everything"], ["orders.write", "everything"]])
def test_a_key_has_scopes_that_exist(scopes: list[str]) -> None:
    with pytest.raises(services.UnknownScope):
        services.create_api_key(name="shop", scopes=scopes, now=NOW, actor=ACTOR)


def test_every_permission_names_roles_and_the_owner_may_all() -> None:
    assert all(role_may(Role.OWNER, permission) for permission in PERMISSIONS)
    with pytest.raises(KeyError):
        role_may(Role.OWNER, "no.such_thing")


def test_a_person_who_is_no_longer_active_may_nothing() -> None:
    make()
    jo = make("jo@example.com", Role.MANAGER)
    row = AccountRow.objects.get(id=jo.id)
    assert row.has_perm("customers.read")
    assert not row.has_perm("staff.manage")
    services.change_account(account_id=jo.id, is_active=False, now=NOW, actor=ACTOR)
    row.refresh_from_db()
    assert not row.has_perm("customers.read")


def test_what_is_done_to_the_staff_is_on_the_audit_trail_with_who_did_it() -> None:
    make()
    jo = make("jo@example.com", Role.AGENT)
    mira = Actor.parse("staff:mira")
    services.change_account(account_id=jo.id, role=Role.MANAGER, name="Josephine", now=NOW, actor=mira)
    [(entry, place), *_] = queries.list_audit_entries(limit=1)
    assert (entry.actor, entry.action, entry.object_id) == ("staff:mira", "account.changed", str(jo.id))
    assert entry.details == {"fields": ["name", "role"], "role": "manager"}
    older = queries.list_audit_entries(limit=5, before=place)
    assert [each.action for each, _ in older] == ["account.created", "account.created"]
