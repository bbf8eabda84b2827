"""What the staff keep of a customer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from regulars.customers import queries, services
from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile, TagChange, Trait, TraitKind
from regulars.customers.traits import WrongTrait
from regulars.staff.models import AuditEntry
from regulars.stream.contracts import system

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACTOR = system("test")
pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> UUID:
    [who] = services.resolve_customers(
        people=[Person(identifiers=[Identifier(IdentifierKind.EMAIL, "ada@example.com")])],
        source="shop",
        now=NOW,
        actor=ACTOR,
    )
    assert who
    return who


def keep(trait: Trait) -> None:
    services.save_trait(trait=trait, now=NOW, actor=ACTOR)


def tell(who: UUID, **traits: object) -> list[str]:
    return services.change_profile(customer_id=who, profile=Profile(traits=traits), now=NOW, actor=ACTOR)


@pytest.mark.parametrize(
    ("kind", "choices", "good", "bad"),
    [
        (TraitKind.TEXT, (), "left-handed", 7),
        (TraitKind.NUMBER, (), 41.5, True),
        (TraitKind.NUMBER, (), -(10**15), 10**15 + 1),
        (TraitKind.NUMBER, (), 0, float("inf")),
        (TraitKind.NUMBER, (), 1, float("nan")),
        (TraitKind.BOOLEAN, (), False, "no"),
        (TraitKind.DATE, (), "2026-02-28", "2026-02-30"),
        (TraitKind.CHOICE, ("tea", "coffee"), "tea", "cocoa"),
        (TraitKind.CHOICES, ("tea", "coffee"), ["tea"], ["tea", "cocoa"]),
    ],
)
def test_a_trait_takes_values_of_its_kind_only(
    ada: UUID, kind: TraitKind, choices: tuple[str, ...], good: object, bad: object
) -> None:
    keep(Trait(key="likes", kind=kind, label="Likes", choices=choices))
    assert tell(ada, likes=good) == ["traits.likes"]
    assert queries.get_customer(ada).traits == {"likes": good}
    with pytest.raises(WrongTrait) as caught:
        tell(ada, likes=bad)
    assert caught.value.pointer == "/traits/likes"


def test_a_trait_that_is_not_kept_is_refused(ada: UUID) -> None:
    with pytest.raises(WrongTrait):
        tell(ada, likes="tea")


def test_nothing_takes_a_value_away(ada: UUID) -> None:
    keep(Trait(key="likes", kind=TraitKind.TEXT, label="Likes"))
    tell(ada, likes="tea")
    tell(ada, likes=None)
    assert queries.get_customer(ada).traits == {}


def test_the_kind_of_a_trait_does_not_change() -> None:
    keep(Trait(key="likes", kind=TraitKind.TEXT, label="Likes"))
    with pytest.raises(WrongTrait):
        keep(Trait(key="likes", kind=TraitKind.NUMBER, label="Likes"))


def test_tags_are_set_as_a_whole_and_spaced_once(ada: UUID) -> None:
    tags = services.set_tags(customer_id=ada, tags=["vip", "  coffee   club "], now=NOW, actor=ACTOR)
    assert tags == ["coffee club", "vip"]
    assert queries.list_tags() == ["coffee club", "vip"]
    with pytest.raises(services.WrongText):
        services.set_tags(customer_id=ada, tags=[" "], now=NOW, actor=ACTOR)


def test_a_note_is_written_changed_and_taken_away_and_each_is_on_the_audit_trail(ada: UUID) -> None:
    note = services.add_note(customer_id=ada, text=" Prefers the window seat. ", now=NOW, actor=ACTOR)
    assert queries.list_notes(ada) == [note]
    changed = services.change_note(note_id=note.id, text="Prefers the bar.", now=NOW, actor=ACTOR)
    assert (changed.text, changed.changed_at) == ("Prefers the bar.", NOW)
    services.remove_note(note_id=note.id, now=NOW, actor=ACTOR)
    assert queries.list_notes(ada) == []
    entries = AuditEntry.objects.filter(object_kind="customer", object_id=str(ada)).order_by("position")
    assert [entry.action for entry in entries] == ["note.added", "note.changed", "note.removed"]
    assert "window" not in str(list(entries.values()))


def test_an_identifier_is_added_and_removed_but_not_the_last(ada: UUID) -> None:
    card = Identifier(IdentifierKind.CARD, "C-1")
    services.add_identifier(customer_id=ada, identifier=card, now=NOW, actor=ACTOR)
    assert card in queries.get_customer(ada).identifiers
    assert queries.find_by_identifier(card) == ada
    services.remove_identifier(customer_id=ada, identifier=card, now=NOW, actor=ACTOR)
    assert queries.find_by_identifier(card) is None
    with pytest.raises(services.LastIdentifier):
        services.remove_identifier(
            customer_id=ada, identifier=Identifier(IdentifierKind.EMAIL, "ada@example.com"), now=NOW, actor=ACTOR
        )


def test_an_identifier_of_another_is_not_taken(ada: UUID) -> None:
    card = Identifier(IdentifierKind.CARD, "C-1")
    services.resolve_customers(people=[Person(identifiers=[card])], source="shop", now=NOW, actor=ACTOR)
    with pytest.raises(services.IdentifierTaken):
        services.add_identifier(customer_id=ada, identifier=card, now=NOW, actor=ACTOR)


def test_a_customer_who_does_not_exist_cannot_be_changed() -> None:
    with pytest.raises(queries.NoSuchCustomer):
        services.add_note(customer_id=uuid4(), text="Who?", now=NOW, actor=ACTOR)


def test_tags_are_given_and_taken_away_beside_those_that_stay(ada: UUID) -> None:
    services.set_tags(customer_id=ada, tags=["vip", "new"], now=NOW, actor=ACTOR)
    change = TagChange(customer_id=ada, add=["wholesale"], remove=["new"])
    assert services.change_tags(change=change, now=NOW, actor=ACTOR).outcome == "updated"
    assert queries.get_customer(ada).tags == ["vip", "wholesale"]
    assert services.change_tags(change=change, now=NOW, actor=ACTOR).outcome == "unchanged"
    assert AuditEntry.objects.filter(action="customer.changed").count() == 2


def test_a_change_of_tags_that_cannot_be_hinders_no_other(ada: UUID) -> None:
    told = [(ada, ""), (uuid4(), "vip"), (ada, "vip")]
    changes = [TagChange(customer_id=who, add=[tag]) for who, tag in told]
    outcomes = services.tag_customers(changes=changes, now=NOW, actor=ACTOR)
    assert [(each.outcome, each.code) for each in outcomes] == [
        ("refused", "wrong_text"),
        ("refused", "no_such_customer"),
        ("updated", ""),
    ]


def test_one_person_who_cannot_be_kept_is_refused_with_the_place() -> None:
    person = Person(identifiers=[Identifier(IdentifierKind.EMAIL, "anonymous")])
    with pytest.raises(services.CustomerRefused) as caught:
        services.put_customer(person=person, source="shop", now=NOW, actor=ACTOR)
    assert (caught.value.code, caught.value.pointer) == ("nobody_named", "/identifiers")


def test_notes_are_read_page_by_page(ada: UUID) -> None:
    written = [services.add_note(customer_id=ada, text=str(number), now=NOW, actor=ACTOR) for number in range(5)]
    first = queries.list_notes(ada, limit=3)
    second = queries.list_notes(ada, limit=3, before=(first[-1].created_at, first[-1].id))
    assert [each.id for each in [*first, *second]] == [each.id for each in reversed(written)]


def test_a_field_that_is_cleared_is_empty_and_that_is_told(ada: UUID) -> None:
    profile = Profile(name="Ada", city="London", birthday=date(1815, 12, 10))
    services.change_profile(customer_id=ada, profile=profile, now=NOW, actor=ACTOR)
    told = Profile(name="Ada Lovelace", city="Paris")
    fields = services.change_profile(
        customer_id=ada, profile=told, cleared=["city", "birthday", "postcode"], now=NOW, actor=ACTOR
    )
    assert sorted(fields) == ["birthday", "city", "name"]
    changed = queries.get_customer(ada)
    assert (changed.name, changed.city, changed.birthday) == ("Ada Lovelace", "", None)


def test_a_customer_is_added_by_hand_once() -> None:
    person = Person(identifiers=[Identifier(IdentifierKind.EMAIL, "Grace@Example.com")], profile=Profile(name="Grace"))
    added = services.add_customer(person=person, now=NOW, actor=ACTOR)
    assert (queries.get_customer(added).name, queries.get_customer(added).email) == ("Grace", "grace@example.com")
    assert AuditEntry.objects.filter(action="customer.added", object_id=str(added)).count() == 1
    with pytest.raises(services.IdentifierTaken):
        services.add_customer(person=person, now=NOW, actor=ACTOR)


def test_who_is_added_by_hand_goes_by_names_that_can_be_meant() -> None:
    told = [Identifier(IdentifierKind.EMAIL, "grace@example.com"), Identifier(IdentifierKind.PHONE, "call me")]
    with pytest.raises(services.WrongIdentifier) as caught:
        services.add_customer(person=Person(identifiers=told), now=NOW, actor=ACTOR)
    assert caught.value.field == "phone"
    with pytest.raises(services.NobodyNamed):
        services.add_customer(person=Person(identifiers=[]), now=NOW, actor=ACTOR)
    assert queries.find_by_identifier(told[0]) is None
