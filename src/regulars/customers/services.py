"""Change customers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.business.queries import get_business
from regulars.customers.contracts import (
    Identifier,
    Note,
    Person,
    Profile,
    PutCustomer,
    TagChange,
    TagOutcome,
    Trait,
    TraitKind,
)
from regulars.customers.finding_words import refresh_words
from regulars.customers.identifiers import normalise
from regulars.customers.locking import lock_customers
from regulars.customers.models import Customer as CustomerRow
from regulars.customers.models import Identifier as IdentifierRow
from regulars.customers.models import Note as NoteRow
from regulars.customers.models import Trait as TraitRow
from regulars.customers.queries import NoSuchCustomer, get_survivor, list_ids_of, list_traits, map_survivors, note_of
from regulars.customers.resolving import FIELDS, Resolution, tell
from regulars.customers.traits import WrongDefinition, WrongTrait, check_traits
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append

_LONGEST_NOTE = 10_000
_LONGEST_TAG = 60
_MOST_TAGS = 100
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")


class NobodyNamed(DomainError):
    """None of the identifiers names anybody."""

    code = "nobody_named"
    pointer = "/identifiers"


class WrongIdentifier(DomainError):
    """An identifier is none of its kind; `field` is the kind."""

    code = "wrong_identifier"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class CustomerRefused(DomainError):
    """A person cannot be kept as told; `code` is the fault's own, `pointer` its place among what is told."""

    def __init__(self, code: str, message: str, pointer: str) -> None:
        super().__init__(message)
        self.code, self.pointer = code, pointer


class WrongText(DomainError):
    """A note or tag is empty or too long."""

    code = "wrong_text"


class NoSuchNote(DomainError):
    """No note has this id."""

    code = "no_such_note"


class LastIdentifier(DomainError):
    """A customer is not left without any identifier."""

    code = "last_identifier"


@transaction.atomic(savepoint=False)
def resolve_customers(*, people: Sequence[Person], source: str, now: datetime, actor: Actor) -> list[UUID | None]:
    """Find or add the customers that identifiers name; return an id for each, None where no identifier names anybody.

    An identifier that nobody has is attached. Where identifiers name several customers, the weightiest decides and the
    others stay where they are. What is known of a profile fills what is empty, and overwrites nothing.
    """
    return Resolution(people, overwrite=False, source=source, now=now, actor=actor).run()


@transaction.atomic
def put_customers(*, people: Sequence[Person], source: str, now: datetime, actor: Actor) -> list[PutCustomer]:
    """Find or add the customers that identifiers name, and keep what is told of them in place of what was.

    A person whom no identifier names, or whose traits cannot be meant, is `refused` and hinders no other.
    """
    traits = {trait.key: trait for trait in list_traits()}
    results: dict[int, PutCustomer] = {}
    good: list[tuple[int, Person]] = []
    for number, person in enumerate(people):
        try:
            check_traits(person.profile.traits, traits)
        except WrongTrait as error:
            results[number] = PutCustomer(
                customer_id=None,
                outcome="refused",
                code=error.code,
                message=error.message,
                pointer=f"/profile{error.pointer}",
            )
        else:
            good.append((number, person))
    run = Resolution([person for _, person in good], overwrite=True, source=source, now=now, actor=actor)
    for (number, _), customer in zip(good, run.run(), strict=True):
        results[number] = _put_result(customer, run)
    return [results[number] for number in range(len(people))]


def _put_result(customer: UUID | None, run: Resolution) -> PutCustomer:
    if customer is None:
        return PutCustomer(
            customer_id=None,
            outcome="refused",
            code=NobodyNamed.code,
            message=gettext("None of the identifiers names anybody."),
            pointer=NobodyNamed.pointer,
        )
    survivor = run.survivor_of(customer)
    outcome = "created" if customer in run.new else "updated" if survivor in run.changed else "unchanged"
    return PutCustomer(customer_id=survivor, outcome=outcome)


def put_customer(*, person: Person, source: str, now: datetime, actor: Actor) -> PutCustomer:
    """Find or add one customer, and keep what is told; see `put_customers`.

    Raises
    ------
    CustomerRefused
        No identifier names anybody, or a trait cannot be meant.
    """
    [result] = put_customers(people=[person], source=source, now=now, actor=actor)
    if result.outcome == "refused":
        raise CustomerRefused(result.code, result.message, result.pointer)
    return result


@transaction.atomic
def add_customer(*, person: Person, now: datetime, actor: Actor) -> UUID:
    """Add a customer who is not there yet, as somebody does by hand.

    Raises
    ------
    WrongIdentifier
        An identifier names nobody.
    NobodyNamed
        There is no identifier.
    IdentifierTaken
        An identifier belongs to a customer who is there.
    WrongTrait
        A trait cannot be meant.
    """
    check_traits(person.profile.traits, {trait.key: trait for trait in list_traits()})
    for identifier in person.identifiers:
        _check_identifier(identifier)
    run = Resolution([person], overwrite=False, source="regulars", now=now, actor=actor)
    [customer] = run.run()
    if customer is None:
        raise NobodyNamed(gettext("None of the identifiers names anybody."))
    if customer not in run.new:
        raise IdentifierTaken(gettext("This identifier belongs to another customer; merge the two if they are one."))
    record(actor, "customer.added", "customer", customer, now=now)
    return customer


def _check_identifier(identifier: Identifier) -> None:
    if normalise(identifier, get_business().country) is None:
        message = gettext("{value} names nobody: it cannot be what it is said to be.")
        raise WrongIdentifier(identifier.kind, message.format(value=repr(identifier.value)))


@transaction.atomic
def change_profile(
    *, customer_id: UUID, profile: Profile, cleared: Collection[str] = (), now: datetime, actor: Actor
) -> list[str]:
    """Keep what is told of a customer in place of what was; return which fields changed.

    Fields that are `cleared` are empty afterwards; what is told of them does not count.

    Raises
    ------
    NoSuchCustomer
        The id leads to nobody.
    WrongTrait
        A trait cannot be meant.
    """
    check_traits(profile.traits, {trait.key: trait for trait in list_traits()})
    row = _locked(customer_id)
    emptied = [name for name in FIELDS if name in cleared and getattr(row, name)]
    silent: dict[str, Any] = dict.fromkeys(name for name in FIELDS if name in cleared)
    told = replace(profile, **silent)
    fields = [name for name in tell(row, told, overwrite=True) if name not in cleared]
    for name in emptied:
        setattr(row, name, None if name == "birthday" else "")
    fields += emptied
    if fields:
        row.updated_at = now
        row.save(update_fields=[*FIELDS, "traits", "updated_at"])
        refresh_words([row.id])
        _changed(row.id, fields, now=now, actor=actor)
    return fields


@transaction.atomic
def set_tags(*, customer_id: UUID, tags: Sequence[str], now: datetime, actor: Actor) -> list[str]:
    """Give a customer these tags and no others; return them in order.

    Raises
    ------
    NoSuchCustomer
        The id leads to nobody.
    WrongText
        A tag is empty or too long, or there are too many.
    """
    row = _locked(customer_id)
    wanted = _checked_tags(tags)
    _keep_tags(row, wanted, now=now, actor=actor)
    return wanted


@transaction.atomic
def change_tags(*, change: TagChange, now: datetime, actor: Actor) -> TagOutcome:
    """Give a customer tags, and take others away.

    Raises
    ------
    NoSuchCustomer
        The id leads to nobody.
    WrongText
        A tag is empty or too long, or there would be too many.
    """
    return _tag(_locked(change.customer_id), change, now=now, actor=actor)


@transaction.atomic
def tag_customers(*, changes: Sequence[TagChange], now: datetime, actor: Actor) -> list[TagOutcome]:
    """Give customers tags, and take others away; return what became of each.

    A change of a customer that is not there, or to tags that cannot be, is `refused` and hinders no other.
    """
    survivors = map_survivors({change.customer_id for change in changes})
    known = lock_customers(survivors.values())
    outcomes = []
    for change in changes:
        row = known.get(survivors[change.customer_id])
        if row is None:
            outcomes.append(_not_tagged(change, NoSuchCustomer(gettext("There is no such customer.")), "/customer_id"))
            continue
        try:
            outcomes.append(_tag(row, change, now=now, actor=actor))
        except WrongText as error:
            outcomes.append(_not_tagged(change, error, "/add"))
    return outcomes


def _tag(row: CustomerRow, change: TagChange, *, now: datetime, actor: Actor) -> TagOutcome:
    wanted = _checked_tags({*row.tags, *_tidied(change.add)} - _tidied(change.remove))
    changed = _keep_tags(row, wanted, now=now, actor=actor)
    return TagOutcome(customer_id=row.id, outcome="updated" if changed else "unchanged")


def _not_tagged(change: TagChange, error: DomainError, pointer: str) -> TagOutcome:
    return TagOutcome(
        customer_id=change.customer_id, outcome="refused", code=error.code, message=error.message, pointer=pointer
    )


def _tidied(tags: Iterable[str]) -> set[str]:
    return {" ".join(tag.split()) for tag in tags}


def _checked_tags(tags: Iterable[str]) -> list[str]:
    wanted = sorted(_tidied(tags))
    if any(not 1 <= len(tag) <= _LONGEST_TAG for tag in wanted) or len(wanted) > _MOST_TAGS:
        raise WrongText(
            gettext("A tag has 1 to {longest} characters, and a customer up to {most} tags.").format(
                longest=_LONGEST_TAG, most=_MOST_TAGS
            )
        )
    return wanted


def _keep_tags(row: CustomerRow, wanted: Sequence[str], *, now: datetime, actor: Actor) -> bool:
    """Keep a customer's tags; tell whether they changed."""
    if sorted(row.tags) == wanted:
        return False
    row.tags, row.updated_at = list(wanted), now
    row.save(update_fields=["tags", "updated_at"])
    _changed(row.id, ["tags"], now=now, actor=actor)
    return True


@transaction.atomic
def add_identifier(*, customer_id: UUID, identifier: Identifier, now: datetime, actor: Actor) -> None:
    """Let a customer go by one more name.

    Raises
    ------
    NoSuchCustomer
        The id leads to nobody.
    NobodyNamed
        The identifier names nobody.
    IdentifierTaken
        It belongs to another customer.
    """
    row = _locked(customer_id)
    person = Person(identifiers=[identifier])
    run = Resolution([person], overwrite=False, source="regulars", now=now, actor=actor, attach_to=row.id)
    owner = run.run()[0]
    if owner is None:
        raise NobodyNamed(gettext("None of the identifiers names anybody."))
    if run.survivor_of(owner) != row.id:
        raise IdentifierTaken(gettext("This identifier belongs to another customer; merge the two if they are one."))
    record(actor, "customer.identifier_added", "customer", row.id, now=now, details={"kind": identifier.kind.value})


class IdentifierTaken(DomainError):
    """An identifier belongs to another customer."""

    code = "identifier_taken"


@transaction.atomic
def remove_identifier(*, customer_id: UUID, identifier: Identifier, now: datetime, actor: Actor) -> None:
    """Let a customer no longer go by a name.

    Raises
    ------
    NoSuchCustomer
        The id leads to nobody.
    LastIdentifier
        It is the only one, or not the customer's.
    """
    row = _locked(customer_id)
    mine = IdentifierRow.objects.filter(customer_id__in=list_ids_of(row.id))
    wanted = mine.filter(kind=identifier.kind.value, value=identifier.value, source=identifier.source)
    if not wanted.exists() or mine.count() == 1:
        raise LastIdentifier(gettext("A customer keeps at least one identifier, and this is its only one."))
    wanted.delete()
    refresh_words([row.id])
    _changed(row.id, ["identifiers"], now=now, actor=actor)


@transaction.atomic
def add_note(*, customer_id: UUID, text: str, now: datetime, actor: Actor) -> Note:
    """Write a note about a customer.

    Raises
    ------
    NoSuchCustomer
        The id leads to nobody.
    WrongText
        The note is empty or too long.
    """
    row = _locked(customer_id)
    note = NoteRow.objects.create(
        id=new_id(), customer=row, text=_checked_note(text), author=str(actor), created_at=now
    )
    record(actor, "note.added", "customer", row.id, now=now)
    return note_of(note)


@transaction.atomic
def change_note(*, note_id: UUID, text: str, now: datetime, actor: Actor) -> Note:
    """Write a note anew.

    Raises
    ------
    NoSuchNote
        There is none.
    WrongText
        It is empty or too long.
    """
    note = _note(note_id)
    note.text, note.changed_at = _checked_note(text), now
    note.save(update_fields=["text", "changed_at"])
    record(actor, "note.changed", "customer", note.customer_id, now=now)
    return note_of(note)


@transaction.atomic
def remove_note(*, note_id: UUID, now: datetime, actor: Actor) -> None:
    """Take a note away.

    Raises
    ------
    NoSuchNote
        There is none.
    """
    note = _note(note_id)
    record(actor, "note.removed", "customer", note.customer_id, now=now)
    note.delete()


@transaction.atomic
def save_trait(*, trait: Trait, now: datetime, actor: Actor) -> Trait:
    """Keep something of customers beyond the usual, or describe anew what is kept.

    Raises
    ------
    WrongDefinition
        The key or the choices cannot be meant, or the kind of a trait that is kept were to change.
    """
    if not _KEY.fullmatch(trait.key):
        raise WrongDefinition(
            trait.key, "key", gettext("A trait's key is lower-case letters, digits and _, as shoe_size.")
        )
    if (trait.kind in {TraitKind.CHOICE, TraitKind.CHOICES}) != bool(trait.choices):
        raise WrongDefinition(trait.key, "choices", gettext("A trait of choices, and no other, has a list of choices."))
    before = TraitRow.objects.filter(key=trait.key).first()
    if before and before.kind != trait.kind:
        raise WrongDefinition(trait.key, "kind", gettext("The kind of a trait does not change; make another one."))
    TraitRow.objects.update_or_create(
        key=trait.key,
        defaults={
            "kind": trait.kind.value,
            "label": trait.label or trait.key,
            "description": trait.description,
            "classification": trait.classification.value,
            "choices": list(trait.choices),
        },
    )
    record(actor, "trait.saved", "trait", trait.key, now=now)
    return trait


def _locked(customer_id: UUID) -> CustomerRow:
    survivor = get_survivor(customer_id)
    rows = lock_customers([survivor])
    if not rows:
        raise NoSuchCustomer(gettext("There is no such customer."))
    return rows[survivor]


def _note(note_id: UUID) -> NoteRow:
    note = NoteRow.objects.select_for_update(no_key=True).filter(id=note_id).first()
    if note is None:
        raise NoSuchNote(gettext("There is no such note."))
    return note


def _checked_note(text: str) -> str:
    kept = text.strip()
    if not 1 <= len(kept) <= _LONGEST_NOTE:
        raise WrongText(gettext("A note has 1 to {most} characters.").format(most=_LONGEST_NOTE))
    return kept


def _changed(customer_id: UUID, fields: Sequence[str], *, now: datetime, actor: Actor) -> None:
    append(
        [
            NewEvent(
                type="customer.changed",
                actor=actor,
                source="regulars",
                occurred_at=now,
                customer_id=customer_id,
                payload={"fields": list(fields)},
            )
        ],
        now=now,
    )
    record(actor, "customer.changed", "customer", customer_id, now=now, details={"fields": list(fields)})
