"""What the environment tells is read once; what cannot be meant is said in one sentence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from regulars.kit.errors import WrongSetting
from regulars.kit.installation import (
    Secrets,
    read_installation,
    unreadable_address,
    write_secrets,
)

PASSWORD = "a-password-that-nobody-may-read"


def test_nothing_needs_to_be_set() -> None:
    here = read_installation({})
    assert here.home == Path("var").absolute()
    assert here.url == "http://localhost:8000"
    assert here.cluster is not None


def test_the_address_that_people_type_is_let_in_beside_those_of_this_machine() -> None:
    here = read_installation(
        {"REGULARS_URL": "https://regulars.example/", "REGULARS_HOSTS": "one.example, two.example"}
    )
    assert here.url == "https://regulars.example"
    assert here.hosts == ("regulars.example", "127.0.0.1", "localhost", "[::1]", "one.example", "two.example")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("REGULARS_URL", "regulars.example", "REGULARS_URL is regulars.example, but must be the address"),
        ("REGULARS_URL", "ftp://regulars.example", "must be the address"),
        ("REGULARS_URL", "https://regulars.example:port", "must be the address"),
        ("REGULARS_URL", "https://[::1", "must be the address"),
        ("REGULARS_URL", "https://regulars.example/below", "must be the address"),
        ("REGULARS_SECRET_KEY", "short", "REGULARS_SECRET_KEY has 5 characters, but needs 32 or more"),
        ("REGULARS_METRICS_TOKEN", "short", "REGULARS_METRICS_TOKEN has 5 characters, but needs 32 or more"),
        ("REGULARS_LOG_LEVEL", "loud", "must be one of debug, info, warning, error"),
        ("REGULARS_LOG_FORMAT", "xml", "must be one of text, json"),
        ("REGULARS_WEB_PROCESSES", "0", "must be a number from 1 to 64"),
        ("REGULARS_WEB_PROCESSES", "many", "must be a number from 1 to 64"),
        ("REGULARS_PROXIES", "-1", "must be a number from 0 to 9"),
        ("REGULARS_SESSION_DAYS", "0", "must be a number from 1 to 90"),
        ("REGULARS_SMTP_URL", f"smtp://me:{PASSWORD}@host", "is set, but REGULARS_MAIL_FROM is not"),
        ("REGULARS_MAIL_FROM", "crm@example.com", "is set, but REGULARS_SMTP_URL is not"),
        ("REGULARS_OIDC_ISSUER", "https://id.example", "REGULARS_OIDC_CLIENT_ID is not set"),
        ("REGULARS_OIDC_3_CLIENT_SECRET", PASSWORD, "REGULARS_OIDC_3_ISSUER is not set, but REGULARS_OIDC_3_CLIENT"),
        ("DATABASE_URL", f"mysql://me:{PASSWORD}@host/db", "must begin with postgresql://"),
        ("DATABASE_URL", f"postgresql://me:{PASSWORD}@host:port/db", "DATABASE_URL cannot be read"),
        ("DATABASE_OWNER_URL", f"postgresql://me:{PASSWORD}@host/db", "is set, but DATABASE_URL is not"),
        ("DATABASE_READONLY_URL", f"postgresql://me:{PASSWORD}@host/db", "is set, but DATABASE_URL is not"),
    ],
)
def test_a_wrong_setting_is_said_in_one_sentence_without_a_password(name: str, value: str, said: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        read_installation({name: value})
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert PASSWORD not in caught.value.message
    assert name in caught.value.message


def test_the_command_ends_with_that_sentence_and_nothing_else() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "regulars.faces.cli", "serve"],
        env={"REGULARS_LOG_LEVEL": "loud", "PATH": "", "LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "REGULARS_LOG_LEVEL is loud, but must be one of debug, info, warning, error.\n"


def test_the_sentence_on_an_address_does_not_quote_it() -> None:
    assert "%40" in unreadable_address("DATABASE_URL").message


def test_secrets_are_made_on_first_use_readable_by_their_owner_only(tmp_path: Path) -> None:
    here = read_installation({"REGULARS_HOME": str(tmp_path)})
    kept = here.secrets
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert read_installation({"REGULARS_HOME": str(tmp_path)}).secrets == kept
    assert len({kept.secret_key, kept.superuser, kept.owner, kept.application, kept.read_only}) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


def test_two_that_make_the_secrets_at_once_end_with_the_same_ones(tmp_path: Path) -> None:
    program = (
        "from regulars.kit.installation import read_installation; import os\n"
        "print(read_installation(os.environ).secrets.secret_key)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program], env={"REGULARS_HOME": str(tmp_path / "home")}, stdout=-1, text=True
        )
        for _ in range(6)
    ]
    assert len({process.communicate()[0] for process in processes}) == 1


def test_secrets_that_are_no_longer_whole_are_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(WrongSetting, match="bring it back from a backup"):
        _ = read_installation({"REGULARS_HOME": str(tmp_path)}).secrets
    assert (tmp_path / "secrets.json").read_text() == "{"


def test_a_home_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongSetting, match="REGULARS_HOME must be a folder of your own"):
        _ = read_installation({"REGULARS_HOME": str(tmp_path / "file" / "home")}).secrets


def test_secrets_are_replaced_only_when_told_to(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    one, two = (Secrets(*[letter] * 5) for letter in "ab")
    write_secrets(path, one)
    write_secrets(path, two)
    assert json.loads(path.read_text())["owner"] == "a"
    write_secrets(path, two, replace=True)
    assert json.loads(path.read_text())["owner"] == "b"
    assert path.stat().st_mode & 0o777 == 0o600


MAIL_FROM = "Regulars <crm@example.com>"


@pytest.mark.parametrize(
    ("url", "host", "port", "starts_tls", "is_tls"),
    [
        ("smtp+tls://me:a%40b@mail.example", "mail.example", 587, True, False),
        ("smtps://me:a%40b@mail.example/", "mail.example", 465, False, True),
        ("smtp://me:a%40b@127.0.0.1:2525", "127.0.0.1", 2525, False, False),
    ],
)
def test_a_mail_server_is_one_address(url: str, host: str, port: int, starts_tls: bool, is_tls: bool) -> None:
    server = read_installation({"REGULARS_SMTP_URL": url, "REGULARS_MAIL_FROM": MAIL_FROM}).mail_server
    assert server is not None
    assert (server.host, server.port, server.starts_tls, server.is_tls) == (host, port, starts_tls, is_tls)
    assert (server.login, server.password, server.sender) == ("me", "a@b", MAIL_FROM)


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://host:port", "smtp://h/path"])
def test_a_mail_server_that_cannot_be_meant_is_not_quoted(url: str) -> None:
    with pytest.raises(WrongSetting, match="cannot be read") as caught:
        read_installation({"REGULARS_SMTP_URL": url + f"?{PASSWORD}", "REGULARS_MAIL_FROM": MAIL_FROM})
    assert PASSWORD not in caught.value.message


@pytest.mark.parametrize("sender", ["Regulars", "a@b@c", "two words@example.com <x"])
def test_a_sender_is_an_address(sender: str) -> None:
    with pytest.raises(WrongSetting, match="must be an address"):
        read_installation({"REGULARS_SMTP_URL": "smtp://host", "REGULARS_MAIL_FROM": sender})


def provider(issuer: str, prefix: str = "REGULARS_OIDC_") -> dict[str, str]:
    return {f"{prefix}ISSUER": issuer, f"{prefix}CLIENT_ID": "regulars", f"{prefix}CLIENT_SECRET": "s"}


def test_services_that_say_who_somebody_is_are_told_apart_by_their_issuer() -> None:
    told = provider("https://id.example/realms/Shop/") | provider("https://id.example", "REGULARS_OIDC_2_")
    here = read_installation(told | {"REGULARS_OIDC_NAME": "Example"})
    assert [(each.id, each.name) for each in here.providers] == [
        ("id.example-realms-shop", "Example"),
        ("id.example", "id.example"),
    ]
    with pytest.raises(WrongSetting, match="Two providers have the issuer"):
        read_installation(provider("https://id.example") | provider("https://ID.example/", "REGULARS_OIDC_2_"))


@pytest.mark.parametrize(
    "issuer", ["id.example", "http://id.example", "https://id.example?x=1", "https://id.example:x"]
)
def test_a_service_is_reached_safely_or_not_at_all(issuer: str) -> None:
    with pytest.raises(WrongSetting, match="must be an https address"):
        read_installation(provider(issuer))
    assert read_installation(provider("http://127.0.0.1:9000")).providers


class Remembering(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.asked.add(key)
        return super().get(key, default)


def undescribed(text: str) -> set[str]:
    """Return the settings that are read, but have no row in the text; and the rows that nobody reads."""
    environment = Remembering()
    read_installation(environment)
    return environment.asked ^ set(re.findall(r"^\| `([A-Z_]+)` \|", text, flags=re.MULTILINE))


def test_every_setting_is_described() -> None:
    assert undescribed((Path(__file__).parents[4] / "docs" / "settings.md").read_text(encoding="utf-8")) == set()


def test_a_setting_that_is_not_described_and_one_that_nobody_reads_are_seen() -> None:
    found = undescribed("| `REGULARS_HOME` | x | y |\n| `REGULARS_COLOUR` | x | y |\n")
    assert "REGULARS_COLOUR" in found
    assert "DATABASE_URL" in found
    assert "REGULARS_HOME" not in found
