"""What an installation is told of the world outside: the server that takes its mail, and who vouches for its people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from regulars.kit.errors import WrongSetting
from regulars.kit.i18n import gettext

# How the connection is secured, with the port that is usual for it.
_SCHEMES = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
_OF_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mails are handed over, and whom they come from."""

    host: str
    port: int
    login: str
    password: str
    starts_tls: bool
    is_tls: bool
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who vouches for people by OpenID Connect. `id` stands in addresses and is the issuer's own, so that it stays."""

    id: str
    name: str
    issuer: str
    client_id: str
    client_secret: str


def read_mail_server(environment: Mapping[str, str]) -> MailServer | None:
    """Return the mail server that the environment names, or None.

    Raises
    ------
    WrongSetting
        The address or the sender cannot be meant.
    """
    url, sender = environment.get("REGULARS_SMTP_URL", ""), environment.get("REGULARS_MAIL_FROM", "")
    if not url and not sender:
        return None
    if not url or not sender:
        missing, given = sorted(
            ["REGULARS_SMTP_URL", "REGULARS_MAIL_FROM"], key=lambda name: bool(environment.get(name))
        )
        raise WrongSetting(
            gettext("{given} is set, but {missing} is not; set both, or neither.").format(given=given, missing=missing)
        )
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(sender)[1]) or "\n" in sender:
        raise WrongSetting(
            gettext("REGULARS_MAIL_FROM is {value}, but must be an address, as Regulars <crm@example.com>.").format(
                value=sender
            )
        )
    try:
        parts = urlsplit(url)
        port = parts.port or _SCHEMES[parts.scheme]
        whole = bool(parts.hostname) and parts.path in {"", "/"} and not parts.query
    except (ValueError, KeyError):
        whole = False
    if not whole:
        # The address is not quoted, for the password's sake.
        raise WrongSetting(
            gettext(
                "REGULARS_SMTP_URL cannot be read; it is written smtp+tls://login:password@mail.example.com:587, with"
                " smtps:// or smtp:// for other servers, and / @ : ? # % in the password as %2F %40 %3A %3F %23 %25."
            )
        )
    return MailServer(
        host=parts.hostname or "",
        port=port,
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starts_tls=parts.scheme == "smtp+tls",
        is_tls=parts.scheme == "smtps",
        sender=sender,
    )


def read_providers(environment: Mapping[str, str]) -> tuple[Provider, ...]:
    """Return who vouches for people: `REGULARS_OIDC_ISSUER` and its companions; further ones are `REGULARS_OIDC_2_…`.

    Raises
    ------
    WrongSetting
        A provider lacks something, is unsafe, or is told twice.
    """
    further = (re.match(r"REGULARS_OIDC_[2-9]_", name) for name in environment)
    prefixes = ["REGULARS_OIDC_", *sorted({match[0] for match in further if match})]
    found = tuple(provider for prefix in prefixes for provider in _provider(environment, prefix))
    for provider in found:
        if [each.id for each in found].count(provider.id) > 1:
            raise WrongSetting(gettext("Two providers have the issuer {issuer}.").format(issuer=provider.issuer))
    return found


def _provider(environment: Mapping[str, str], prefix: str) -> Iterator[Provider]:
    told = {part: environment.get(f"{prefix}{part}", "") for part in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "NAME")}
    if not any(told.values()):
        return
    for part in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"):
        if not told[part]:
            raise WrongSetting(
                gettext("{name} is not set, but {other} is; a provider needs both.").format(
                    name=f"{prefix}{part}", other=next(f"{prefix}{each}" for each, value in told.items() if value)
                )
            )
    issuer = told["ISSUER"].rstrip("/")
    try:
        parts = urlsplit(issuer)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _OF_THIS_MACHINE)
        # Asking is what reads the port.
        _ = parts.port
        right = safe and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        right = False
    if not right:
        raise WrongSetting(
            gettext("{name} is {value}, but must be an https address, as https://accounts.example.com.").format(
                name=f"{prefix}ISSUER", value=issuer
            )
        )
    yield Provider(
        id=re.sub(r"[^a-z0-9.]+", "-", issuer.lower().partition("://")[2]).strip("-"),
        name=told["NAME"] or parts.hostname or "",
        issuer=issuer,
        client_id=told["CLIENT_ID"],
        client_secret=told["CLIENT_SECRET"],
    )
