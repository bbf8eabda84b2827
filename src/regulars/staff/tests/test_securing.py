"""Accounts are kept their people's: passwords, second factors, sessions, and joining by who vouches for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator

from regulars.staff import securing, services
from regulars.staff.contracts import Account, Role
from regulars.staff.models import Account as AccountRow
from regulars.staff.models import AuditEntry
from regulars.stream.contracts import system

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACTOR = system("test")
PASSWORD = "correct horse battery staple"
NOBODY = UUID("01890000-0000-7000-8000-000000000000")
pytestmark = pytest.mark.django_db


def make(email: str = "mira@example.com", role: Role = Role.OWNER) -> Account:
    return services.create_account(email=email, name="Mira", role=role, password=PASSWORD, now=NOW, actor=ACTOR)


def sessions_of(account: Account) -> str:
    return AccountRow.objects.get(id=account.id).get_session_auth_hash()


def test_whatever_should_end_sessions_ends_them_and_nothing_else_does() -> None:
    mira = make()
    make("jo@example.com")
    told: dict[str, Any] = {"account_id": mira.id, "now": NOW, "actor": ACTOR}
    held = [sessions_of(mira)]
    services.change_account(**told, name="Mira O.", role=Role.MANAGER, language="de")
    assert sessions_of(mira) == held[0]
    for end in (
        lambda: securing.end_sessions(**told),
        lambda: securing.reset_second_factor(**told),
        lambda: securing.change_password(**told, password="another quite long sentence"),
        lambda: services.change_account(**told, is_active=False),
    ):
        end()
        held.append(sessions_of(mira))
    assert len(set(held)) == 5


def test_a_weak_password_changes_nothing() -> None:
    mira = make()
    before = sessions_of(mira)
    with pytest.raises(services.WrongAccount):
        securing.change_password(account_id=mira.id, password="short", now=NOW, actor=ACTOR)
    assert sessions_of(mira) == before
    assert not AuditEntry.objects.filter(action="account.password_changed").exists()


def test_nobody_is_secured_who_is_not_there() -> None:
    for change in (securing.end_sessions, securing.reset_second_factor):
        with pytest.raises(services.NoSuchAccount):
            change(account_id=NOBODY, now=NOW, actor=ACTOR)
    with pytest.raises(services.NoSuchAccount):
        securing.export_account(NOBODY)


def test_recovery_codes_alone_are_no_second_factor() -> None:
    mira, jo = make(), make("jo@example.com")
    Authenticator.objects.create(user_id=mira.id, type="recovery_codes", data={})
    Authenticator.objects.create(user_id=jo.id, type="totp", data={"secret": "x"})
    assert securing.ids_with_second_factor() == {jo.id}
    assert securing.ids_with_second_factor([mira.id]) == set()
    assert securing.reset_second_factor(account_id=jo.id, now=NOW, actor=ACTOR) == 1
    assert securing.ids_with_second_factor() == set()


def test_what_is_held_of_a_person_is_told_without_secrets() -> None:
    mira = make()
    Authenticator.objects.create(
        user_id=mira.id, type="webauthn", data={"name": "Phone", "credential": {"id": "canary"}}
    )
    held = securing.export_account(mira.id)
    assert held["second_factors"][0]["name"] == "Phone"
    assert "canary" not in str(held)
    kept = AccountRow.objects.get(id=mira.id).password
    assert kept
    assert kept not in str(held)


def test_who_is_vouched_for_joins_by_an_open_invitation_of_the_address_once() -> None:
    services.invite(email="ada@example.com", role=Role.ANALYST, now=NOW, actor=ACTOR)
    ada = services.accept_invitation_of_address(email="ADA@example.com", name="Ada", now=NOW)
    assert (ada.email, ada.role) == ("ada@example.com", Role.ANALYST)
    assert not AccountRow.objects.get(id=ada.id).has_usable_password()
    with pytest.raises(services.NoSuchInvitation):
        services.accept_invitation_of_address(email="ada@example.com", name="Ada", now=NOW)


def test_an_invitation_that_has_ended_lets_nobody_in() -> None:
    services.invite(email="ada@example.com", role=Role.ANALYST, now=NOW, actor=ACTOR)
    with pytest.raises(services.NoSuchInvitation):
        services.accept_invitation_of_address(email="ada@example.com", name="Ada", now=NOW + timedelta(days=8))
