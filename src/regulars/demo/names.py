"""What the people of the demo shop are called, and how they are reached; nobody of them exists."""

from __future__ import annotations

from dataclasses import dataclass

from regulars.kit.text import fold

GIVEN = (
    *("Ana", "Anna", "Barbara", "Bernd", "Bruno", "Carla", "Christoph", "Clara", "Dario", "Dora", "Elena", "Elias"),
    *("Emma", "Eva", "Fabian", "Felix", "Flora", "Franz", "Gerda", "Greta", "Hana", "Hannes", "Helena", "Ida", "Ilse"),
    *("Ines", "Ivan", "Jakob", "Jana", "Johanna", "Jonas", "Josef", "Julia", "Karl", "Katharina", "Klara", "Konrad"),
    *("Lara", "Laura", "Lea", "Leon", "Lena", "Lorenz", "Luca", "Lukas", "Magdalena", "Maja", "Marko", "Marie"),
    *("Martin", "Matteo", "Max", "Maya", "Mia", "Michael", "Mila", "Mira", "Moritz", "Nadja", "Nina", "Noah", "Nora"),
    *("Olga", "Oskar", "Paul", "Petra", "Philipp", "Rosa", "Samuel", "Sara", "Sebastian", "Sofia", "Stefan", "Tanja"),
    *("Theo", "Theresa", "Tobias", "Valentin", "Vera", "Viktor", "Zoë"),
)
FAMILY = (
    *("Auer", "Bach", "Bauer", "Baumann", "Berger", "Binder", "Brandl", "Braun", "Černý", "Dvořák", "Ebner", "Eder"),
    *(
        "Egger",
        "Fischer",
        "Fuchs",
        "Gruber",
        "Haas",
        "Hartl",
        "Hofer",
        "Horvat",
        "Horváth",
        "Huber",
        "Jäger",
        "Jovanović",
    ),
    *(
        "Kaiser",
        "Kaufmann",
        "Koch",
        "Koller",
        "König",
        "Kovač",
        "Kraus",
        "Lang",
        "Lechner",
        "Leitner",
        "Maier",
        "Marić",
    ),
    *(
        "Mayer",
        "Moser",
        "Müller",
        "Nagy",
        "Novak",
        "Nowak",
        "Petrović",
        "Pichler",
        "Pöll",
        "Reiter",
        "Richter",
        "Rossi",
    ),
    *("Schmid", "Schneider", "Schuster", "Schwarz", "Seidl", "Steiner", "Strobl", "Szabó", "Thaler", "Tomić", "Tóth"),
    *("Unger", "Vogl", "Wagner", "Walder", "Weber", "Weiß", "Wieser", "Wimmer", "Winkler", "Wolf", "Yılmaz", "Ziegler"),
)
CITIES = (
    ("Wien", "1070"), ("Wien", "1020"), ("Wien", "1180"), ("Graz", "8010"), ("Linz", "4020"), ("Salzburg", "5020"),
    ("Innsbruck", "6020"), ("St. Pölten", "3100"), ("Baden", "2500"), ("Krems", "3500"),
)  # fmt: skip
# Many leave an address at the till, not all.
WITH_EMAIL, WITH_PHONE = 0.82, 0.38
_PRIME = 7_919


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What the demo shop knows of a customer, by the number that its orders name."""

    number: str
    given_name: str
    family_name: str
    email: str
    phone: str
    city: str
    postcode: str


def person(number: str) -> Person:
    """Return the customer with a number as `000123`; the same number gives the same person."""
    count = int(number)
    mixed = (count * _PRIME) % 1_000_003
    given = GIVEN[mixed % len(GIVEN)]
    family = FAMILY[(mixed // len(GIVEN)) % len(FAMILY)]
    city, postcode = CITIES[(mixed // 97) % len(CITIES)]
    address = f"{fold(given)}.{fold(family)}{count}@example.com"
    return Person(
        number=number,
        given_name=given,
        family_name=family,
        email=address if mixed % 100 < WITH_EMAIL * 100 else "",
        phone=f"+43660{5_550_000 + count:07d}" if (mixed // 100) % 100 < WITH_PHONE * 100 else "",
        city=city,
        postcode=postcode,
    )
