"""What the palette offers beside customers: pages, and what can be done; each for those whom its page lets in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.urls import resolve, reverse

from regulars.faces.console.navigation import GROUPS
from regulars.faces.console.permission import WhoAsks, may_open
from regulars.faces.console.settings_tabs import PAGES as SETTINGS
from regulars.kit.i18n import LANGUAGES, gettext, mark
from regulars.kit.text import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something to choose: a page to go to, or what is sent to an address. `key` tells it from all others.

    What `stays` leaves the page as it is, as a file does that is fetched; `opens` is a dialog of the page.
    """

    key: str
    text: str
    icon: str
    address: str = ""
    detail: str = ""
    # Other words by which one may look for it.
    also: str = ""
    sends: bool = False
    told: Mapping[str, str] = field(default_factory=dict)
    stays: bool = False
    opens: str = ""

    @property
    def picture(self) -> str:
        """The icon's template."""
        return f"design/icons/{self.icon}.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What can be done, and the page that does it; who may is what that page says."""

    text: str
    name: str
    icon: str
    also: str = ""
    sends: bool = False
    stays: bool = False


ACTIONS: Sequence[Action] = (
    Action(text=mark("New customer"), name="console:customers.new", icon="plus", also=mark("add create")),
    Action(text=mark("Import a file"), name="console:imports.new", icon="imports", also=mark("upload CSV send in")),
    Action(
        text=mark("Score all customers now"),
        name="console:rfm.run",
        icon="retry",
        also=mark("run calculate churn value RFM"),
        sends=True,
    ),
    Action(
        text=mark("Export all customers as CSV"),
        name="console:customers.export",
        icon="down",
        also=mark("take out download file"),
        sends=True,
        stays=True,
    ),
    Action(text=mark("Make an API key"), name="console:api-keys", icon="key", also=mark("token access")),
    Action(text=mark("Invite somebody"), name="console:team", icon="team", also=mark("add colleague staff")),
    Action(text=mark("Sign out"), name="account_logout", icon="sign-out", also=mark("log out leave"), sends=True),
)
_LOOKS = {
    "light": (mark("Change to light"), "sun"),
    "dark": (mark("Change to dark"), "moon"),
    "system": (mark("Look as the system does"), "screen"),
}


def pages_for(account: WhoAsks) -> list[Offer]:
    """Return the pages that an account may open: the navigation's, those of the settings, and its own."""
    found = [(entry.text, f"console:{entry.name}", entry.icon) for group in GROUPS for entry in group.entries]
    listed = {name for _, name, _ in found}
    found += [
        (text, f"console:{name}", "settings") for name, text in SETTINGS.items() if f"console:{name}" not in listed
    ]
    found.append((mark("Account and security"), "mfa_index", "key"))
    return [
        Offer(key=f"page:{name.removeprefix('console:')}", text=gettext(text), icon=icon, address=reverse(name))
        for text, name, icon in found
        if _may(account, name)
    ]


def actions_for(account: WhoAsks, *, look: str, language: str) -> list[Offer]:
    """Return what an account may do; of looks and languages those that are not on."""
    found = [_offered(action) for action in ACTIONS if _may(account, action.name)]
    found.insert(-1, Offer(key="action:keys", text=gettext("Show the keys"), icon="info", opens="shortcuts"))
    chosen = [
        _preference(f"look-{name}", gettext(text), icon, {"theme": name}, gettext("look theme colours mode"))
        for name, (text, icon) in _LOOKS.items()
        if name != look
    ]
    chosen += [
        _preference(f"language-{code}", _language(text), "screen", {"language": code}, "language")
        for code, text in LANGUAGES.items()
        if code != language
    ]
    return [*found[:-1], *chosen, found[-1]]


def fits(offer: Offer, wanted: Sequence[str]) -> bool:
    """Tell whether each of some folded words is the beginning of one of an offer's."""
    known = words(f"{offer.text} {offer.also}")
    return all(any(word.startswith(beginning) for word in known) for beginning in wanted)


def _may(account: WhoAsks, name: str) -> bool:
    return may_open(account, resolve(reverse(name)).func)


def _offered(action: Action) -> Offer:
    return Offer(
        key=f"action:{action.name.removeprefix('console:')}",
        text=gettext(action.text),
        icon=action.icon,
        address=reverse(action.name),
        also=gettext(action.also),
        sends=action.sends,
        stays=action.stays,
    )


def _preference(key: str, text: str, icon: str, told: Mapping[str, str], also: str) -> Offer:
    address = reverse("console:preferences")
    return Offer(key=f"action:{key}", text=text, icon=icon, address=address, also=also, sends=True, told=told)


def _language(text: str) -> str:
    return gettext("Change language to {language}").format(language=text)
