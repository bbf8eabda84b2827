"""`regulars staff` and `regulars key`: the first account and the first key, made where one has the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from regulars.faces.cli.running.setting_up import one_sentence, set_up_django
from regulars.kit.i18n import gettext as _

if TYPE_CHECKING:
    from regulars.staff.contracts import Account

staff = typer.Typer(no_args_is_help=True, help=_("The people of the staff."))
key = typer.Typer(no_args_is_help=True, help=_("Keys for programs."))


@staff.command("add", help=_("Add a person; the password is asked for, or read from a pipe."))
def add(
    email: Annotated[str, typer.Argument(help=_("What the person signs in with."))],
    name: Annotated[str, typer.Option(help=_("What the person is called."))] = "",
    role: Annotated[str, typer.Option(help=_("One of owner, manager, analyst, agent, till."))] = "owner",
) -> None:
    """Add an account."""
    from regulars.stream.contracts import system

    with one_sentence():
        set_up_django()
        from django.utils import timezone

        from regulars.staff import services
        from regulars.staff.contracts import Role

        if role not in list(Role):
            raise typer.BadParameter(_("The role is one of owner, manager, analyst, agent, till."))
        account = services.create_account(
            email=email,
            name=name or email.split("@")[0],
            role=Role(role),
            password=_ask_password(),
            now=timezone.now(),
            actor=system("cli"),
        )
        typer.echo(_("{email} can sign in as {role}.").format(email=account.email, role=account.role))


@staff.command("reset-password", help=_("Set a new password for a person, whose sessions all end."))
def reset_password(email: Annotated[str, typer.Argument(help=_("What the person signs in with."))]) -> None:
    """Set a new password."""
    from regulars.stream.contracts import system

    with one_sentence():
        set_up_django()
        from django.utils import timezone

        from regulars.staff.securing import change_password

        account = _account(email)
        change_password(account_id=account.id, password=_ask_password(), now=timezone.now(), actor=system("cli"))
        typer.echo(
            _("{email} can sign in with the new password, and is signed out everywhere.").format(email=account.email)
        )


@staff.command("reset-second-factor", help=_("Take the second factors of a person away who has lost them."))
def reset_second_factor(email: Annotated[str, typer.Argument(help=_("What the person signs in with."))]) -> None:
    """Take second factors away."""
    from regulars.stream.contracts import system

    with one_sentence():
        set_up_django()
        from django.utils import timezone

        from regulars.staff import securing

        account = _account(email)
        securing.reset_second_factor(account_id=account.id, now=timezone.now(), actor=system("cli"))
        typer.echo(_("{email} can sign in by the password alone.").format(email=account.email))


def _account(email: str) -> Account:
    """Return the account of an address.

    Raises
    ------
    NoSuchAccount
        There is none.
    """
    from regulars.staff.queries import find_account_of_address
    from regulars.staff.services import NoSuchAccount

    account = find_account_of_address(email)
    if account is None:
        raise NoSuchAccount(_("Nobody signs in as {email}.").format(email=email))
    return account


def _ask_password() -> str:
    """Ask for a password, or read it from a pipe."""
    import sys

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True))


@key.command("add", help=_("Make a key, and print it this once."))
def add_key(
    name: Annotated[str, typer.Argument(help=_("What uses the key."))],
    scope: Annotated[list[str], typer.Option(help=_("What it may do, as orders.write; may be given several times."))],
) -> None:
    """Make an API key."""
    from regulars.stream.contracts import system

    with one_sentence():
        set_up_django()
        from django.utils import timezone

        from regulars.staff import services

        made = services.create_api_key(name=name, scopes=scope, now=timezone.now(), actor=system("cli"))
        typer.echo(made.secret)
