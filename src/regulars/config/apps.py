"""Install into the lower rungs what only the whole can assemble."""

from django.apps import AppConfig


class AssemblyConfig(AppConfig):
    """The assembly, the last app to become ready."""

    name = "regulars.config"
    label = "assembly"

    def ready(self) -> None:
        """Install subscriptions, facts and permissions."""
        from regulars.config import facts
        from regulars.config.subscriptions import SUBSCRIPTIONS
        from regulars.staff import permissions
        from regulars.stream import registry

        registry.install(SUBSCRIPTIONS)
        facts.install()
        permissions.install()
