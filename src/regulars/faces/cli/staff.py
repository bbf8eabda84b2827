"""`regulars staff` and `regulars key`: the first account and the first key, made where one has the machine."""

from __future__ import annotations

from typing import Annotated

import typer

from regulars.faces.cli.running.setting_up import one_sentence, set_up_django
from regulars.kit.i18n import gettext as _

staff = typer.Typer(no_args_is_help=True, help=_("The people of the staff."))
key = typer.Typer(no_args_is_help=True, help=_("Keys for programs."))


@staff.command("add", help=_("Add a person; the password is asked for, or read from a pipe."))
def add(
    email: Annotated[str, typer.Argument(help=_("What the person signs in with."))],
    name: Annotated[str, typer.Option(help=_("What the person is called."))] = "",
    role: Annotated[str, typer.Option(help=_("One of owner, manager, analyst, agent, till."))] = "owner",
) -> None:
    """Add an account."""
    import sys

    from regulars.stream.contracts import system

    with one_sentence():
        set_up_django()
        from django.utils import timezone

        from regulars.staff import services
        from regulars.staff.contracts import Role

        if role not in list(Role):
            raise typer.BadParameter(_("The role is one of owner, manager, analyst, agent, till."))
        password = (
            typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True)
            if sys.stdin.isatty()
            else sys.stdin.readline().rstrip("\n")
        )
        account = services.create_account(
            email=email,
            name=name or email.split("@")[0],
            role=Role(role),
            password=password,
            now=timezone.now(),
            actor=system("cli"),
        )
        typer.echo(_("{email} can sign in as {role}.").format(email=account.email, role=account.role))


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
