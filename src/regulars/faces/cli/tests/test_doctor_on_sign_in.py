"""What the doctor says of mails, proxies and services that say who somebody is."""

from __future__ import annotations

import pytest

from regulars.faces.cli.running.doctor.finding import State
from regulars.faces.cli.running.doctor.machine import mail, proxies, single_sign_on
from regulars.kit.installation import read_installation
from regulars.kit.outside import read_mail_server

FROM = {"REGULARS_MAIL_FROM": "crm@example.com"}


@pytest.mark.parametrize(
    ("url", "state", "said"),
    [
        ("smtp://me:x@mail.example.com", State.BAD, "others can read the password"),
        ("smtp://me:x@127.0.0.1", State.GOOD, "go out by 127.0.0.1"),
        ("smtp://mail.example.com", State.GOOD, "go out by mail.example.com"),
        ("smtps://me:x@mail.example.com", State.GOOD, "go out by mail.example.com"),
    ],
)
def test_a_password_goes_to_a_mail_server_unread_or_the_doctor_says_so(url: str, state: State, said: str) -> None:
    finding = mail(read_mail_server({"REGULARS_SMTP_URL": url} | FROM))
    assert finding.state is state
    assert said in finding.sentence


def test_that_no_mails_go_out_is_said_with_what_is_done_instead() -> None:
    finding = mail(None)
    assert finding.state is State.NOTICE
    assert "set by command" in finding.sentence
    assert "REGULARS_SMTP_URL" in finding.mend


@pytest.mark.parametrize(("url", "count", "state"), [
    ("https://regulars.example", "0", State.NOTICE),
    ("https://regulars.example", "1", State.GOOD),
    ("http://127.0.0.1:8000", "0", State.GOOD),
])  # fmt: skip
def test_a_proxy_that_nobody_told_of_is_noticed(url: str, count: str, state: State) -> None:
    assert proxies(read_installation({"REGULARS_URL": url, "REGULARS_PROXIES": count})).state is state


def test_the_address_that_a_service_must_know_is_said() -> None:
    told = {"ISSUER": "https://id.example/realms/shop", "CLIENT_ID": "x", "CLIENT_SECRET": "y"}
    here = read_installation(
        {f"REGULARS_OIDC_{name}": value for name, value in told.items()} | {"REGULARS_URL": "https://regulars.example"}
    )
    [finding] = single_sign_on(here)
    assert "https://regulars.example/oidc/id.example-realms-shop/callback" in finding.sentence
