"""Install into the lower rungs what only the whole can assemble."""

from django.apps import AppConfig
from django.conf import settings
from django.utils import timezone

from regulars.kit.installation import Installation
from regulars.kit.sandbox import clock_of


class AssemblyConfig(AppConfig):
    """The assembly, the last app to become ready."""

    name = "regulars.config"
    label = "assembly"

    def ready(self) -> None:
        """Install subscriptions, facts and permissions; and in a sandbox its clock."""
        from regulars.config import facts
        from regulars.config.subscriptions import SUBSCRIPTIONS
        from regulars.staff import permissions
        from regulars.stream import registry

        install_clock(settings.INSTALLATION)
        registry.install(SUBSCRIPTIONS)
        facts.install()
        permissions.install()


def install_clock(installation: Installation) -> None:
    """Let the clock of a sandbox be the one that all faces and jobs look at; elsewhere that is the machine's.

    They all ask `timezone.now()`, the one place from which the time comes; docs/decisions/0028 says why it is this one.
    """
    if installation.is_sandbox:
        timezone.now = clock_of(installation.home)
