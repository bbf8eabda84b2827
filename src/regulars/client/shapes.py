"""What goes over the wire, as types. Amounts are integers in minor units; times are texts as ISO 8601 writes them."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

IdentifierKind = Literal["external_id", "email", "phone", "card", "device", "anonymous_id"]


class Identifier(TypedDict):
    """A name that a customer goes by; `source` tells whose number an external id is."""

    kind: IdentifierKind
    value: str
    source: NotRequired[str]


class Profile(TypedDict, total=False):
    """What is known of a person; what is left out changes nothing."""

    name: str | None
    given_name: str | None
    family_name: str | None
    birthday: str | None
    language: str | None
    country: str | None
    city: str | None
    postcode: str | None
    traits: dict[str, Any]


class Person(TypedDict):
    """Any of the names that find or make a customer, and what is told of them."""

    identifiers: list[Identifier]
    profile: NotRequired[Profile]


class Product(TypedDict):
    """What a line sells."""

    external_id: str
    name: NotRequired[str]
    category: NotRequired[str]


class Line(TypedDict):
    """A line of an order; `total_minor` is quantity × unit price − discount."""

    product: Product
    quantity: str | int
    unit_price_minor: int
    discount_minor: NotRequired[int]
    tax_minor: NotRequired[int]
    total_minor: int


class Order(TypedDict):
    """An order in full state. Those of `put_many` carry `source` and `external_id` too."""

    source: NotRequired[str]
    external_id: NotRequired[str]
    version: NotRequired[int | None]
    number: NotRequired[str]
    placed_at: str
    buyer: NotRequired[Person | None]
    currency: str
    lines: list[Line]
    tax_included: NotRequired[bool]
    shipping_minor: NotRequired[int]
    shipping_tax_minor: NotRequired[int]
    discounts: NotRequired[list[dict[str, Any]]]
    total_minor: int
    payment_state: NotRequired[Literal["unpaid", "paid", "refunded"]]
    tenders: NotRequired[list[dict[str, Any]]]
    returns: NotRequired[list[dict[str, Any]]]
    cancelled_at: NotRequired[str | None]
    delivered_at: NotRequired[str | None]
    channel: NotRequired[str]
    location: NotRequired[str]
    staff: NotRequired[str]
    attributes: NotRequired[dict[str, Any]]


class OrderPut(TypedDict):
    """What became of an order; where it was refused, why and where."""

    source: str
    external_id: str
    outcome: Literal["created", "updated", "unchanged", "stale", "refused"]
    order_id: str | None
    customer_id: str | None
    version: int | None
    code: str
    message: str
    pointer: str


class CustomerPut(TypedDict):
    """What became of a person; where it was refused, why and where."""

    customer_id: str | None
    outcome: Literal["created", "updated", "unchanged", "refused"]
    code: str
    message: str
    pointer: str


class Customer(TypedDict):
    """A customer."""

    id: str
    name: str
    given_name: str
    family_name: str
    birthday: str | None
    language: str
    country: str
    city: str
    postcode: str
    traits: dict[str, Any]
    tags: list[str]
    identifiers: list[Identifier]
    created_at: str
    updated_at: str


class CustomerInFull(Customer):
    """A customer with all ids that lead to it; `merged_id` is the id asked for, where it is one of those."""

    aliases: list[str]
    merged_id: str | None


class CustomerChange(TypedDict):
    """Which fields of a customer changed."""

    customer_id: str
    fields: list[str]


class Note(TypedDict):
    """A note about a customer."""

    id: str
    customer_id: str
    text: str
    author: str
    created_at: str
    changed_at: str | None


class NotePut(TypedDict):
    """Which note was written, changed or removed."""

    note_id: str
    outcome: Literal["created", "updated", "removed"]


class TagChange(TypedDict):
    """Which tags a customer is to get, and which to lose."""

    customer_id: str
    add: NotRequired[list[str]]
    remove: NotRequired[list[str]]


class TagPut(TypedDict):
    """What became of a change of tags; where it was refused, why and where."""

    customer_id: str
    outcome: Literal["updated", "unchanged", "refused"]
    code: str
    message: str
    pointer: str


class Trait(TypedDict):
    """What a trait is to be."""

    kind: Literal["text", "number", "boolean", "date", "choice", "choices"]
    label: NotRequired[str]
    description: NotRequired[str]
    classification: NotRequired[Literal["none", "personal", "sensitive"]]
    choices: NotRequired[list[str]]


class KeptTrait(TypedDict):
    """Something that this business keeps of its customers beyond the usual."""

    key: str
    kind: str
    label: str
    description: str
    classification: str
    choices: list[str]


class Merge(TypedDict):
    """Two profiles that were found to be one person; `undone_at` where they are two again."""

    id: str
    survivor_id: str
    merged_id: str
    merged_at: str
    merged_by: str
    undone_at: str | None


class OrderHead(TypedDict):
    """An order without its lines."""

    id: str
    source: str
    external_id: str
    number: str
    version: int
    customer_id: str | None
    placed_at: str
    currency: str
    total_minor: int
    returned_minor: int
    payment_state: str
    cancelled_at: str | None
    channel: str
    items: str


class KeptProduct(TypedDict):
    """A product."""

    id: str
    source: str
    external_id: str
    name: str
    category: str
    updated_at: str


class ProductPut(TypedDict):
    """What became of a product."""

    source: str
    external_id: str
    product_id: str
    outcome: Literal["created", "updated", "unchanged"]


class EventPut(TypedDict):
    """What became of an event."""

    outcome: Literal["appended", "duplicate"]
    event_id: str | None
    customer_id: str


class NewEvent(TypedDict):
    """An event to append; the customer is named by `customer_id`, or by `identifiers`."""

    type: str
    occurred_at: str
    customer_id: NotRequired[str]
    identifiers: NotRequired[list[Identifier]]
    source: NotRequired[str]
    key: NotRequired[str]
    payload: NotRequired[dict[str, Any]]


class EventOfMany(TypedDict):
    """What became of an event among many; where it was refused, why and where."""

    outcome: Literal["appended", "duplicate", "refused"]
    event_id: str | None
    customer_id: str | None
    code: str
    message: str
    pointer: str


class Event(TypedDict):
    """An event on a customer's timeline."""

    id: str
    type: str
    customer_id: str | None
    actor: str
    source: str
    occurred_at: str
    received_at: str
    payload: dict[str, Any]


class StreamPage(TypedDict):
    """A page of the stream; `resume` leads to what comes after all that was seen."""

    items: list[Event]
    next: str | None
    resume: str


ImportKind = Literal["orders", "customers", "products"]
ImportState = Literal["uploaded", "mapped", "checking", "running", "done", "failed", "cancelled"]


class Mapping(TypedDict, total=False):
    """What is said of a file; what is left out is recognised."""

    columns: dict[str, str]
    delimiter: str | None
    encoding: str | None
    decimal: Literal[".", ","] | None
    date_order: Literal["ymd", "dmy", "mdy"] | None
    header: bool | None
    currency: str | None


class Counts(TypedDict):
    """What became of a file: items that are new, changed or as they were; and rows refused."""

    imported: int
    updated: int
    unchanged: int
    refused: int


class ImportPut(TypedDict):
    """Which import it is, and how far it has come."""

    import_id: str
    state: ImportState


class Import(TypedDict):
    """A file on its way in."""

    id: str
    kind: ImportKind
    state: ImportState
    file_name: str
    size_bytes: int
    sha256: str
    source: str
    mapping: Mapping
    recognised: dict[str, Any] | None
    counts: Counts
    rows_total: int | None
    rows_done: int
    share_done: float
    dry_run: Counts | None
    error_code: str
    error_message: str
    created_by: str
    created_at: str
    started_at: str | None
    ended_at: str | None
    file_removed_at: str | None
    same_as: str | None


class RefusedRow(TypedDict):
    """A row that was refused, by its number from 1 (the header not counted), with why."""

    row: int
    code: str
    message: str


ExportKind = Literal["customers", "orders", "products", "events"]
ExportFormat = Literal["csv", "jsonl"]


class Export(TypedDict):
    """A file on its way out; `is_ready` tells whether it can be downloaded."""

    id: str
    kind: ExportKind
    format: ExportFormat
    state: Literal["running", "done", "failed", "cancelled"]
    source: str | None
    since: str | None
    items_total: int | None
    items_done: int
    share_done: float
    rows: int
    size_bytes: int
    is_ready: bool
    error_code: str
    error_message: str
    asked_by: str
    asked_at: str
    ended_at: str | None
    file_removed_at: str | None


class BusinessSettings(TypedDict):
    """The business."""

    name: str
    zone: str
    reporting_currency: str
    language: str
    country: str
    brand_colour: str


class Shop(TypedDict):
    """A shop, on the street or on the net."""

    id: str
    code: str
    name: str
    zone: str
    closed_on: str | None


class RatePut(TypedDict):
    """What became of a rate; where it was refused, why and where."""

    currency: str
    valid_on: str
    outcome: Literal["kept", "refused"]
    code: str
    message: str
    pointer: str


class Rate(TypedDict):
    """One unit of `currency` in the reporting currency, from a day on."""

    currency: str
    valid_on: str
    rate: str


class ApiKey(TypedDict):
    """A key, without its secret."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_on: str | None


class NewApiKey(TypedDict):
    """A key just made; `secret` is None where the answer is told again."""

    key: ApiKey
    secret: str | None


Role = Literal["owner", "manager", "analyst", "agent", "till"]


class Account(TypedDict):
    """A person of the staff."""

    id: str
    email: str
    name: str
    role: Role
    is_active: bool
    created_at: str


class AccountChange(TypedDict):
    """Whose account was changed, and what it is now."""

    account_id: str
    role: Role
    is_active: bool


class RolePermissions(TypedDict):
    """A role, and what it may do: the same words as scopes."""

    role: Role
    permissions: list[str]


class Invitation(TypedDict):
    """Somebody asked to join, and not yet here."""

    id: str
    email: str
    role: Role
    invited_by: str
    created_at: str
    expires_at: str


class NewInvitation(TypedDict):
    """An invitation just made; `link` is None where the answer is told again."""

    invitation_id: str
    expires_at: str
    link: str | None


class AuditEntry(TypedDict):
    """Who did what to what."""

    id: str
    at: str
    actor: str
    action: str
    object_kind: str
    object_id: str
    details: dict[str, Any]


class Subscription(TypedDict):
    """How far a subscription has come."""

    name: str
    types: list[str]
    behind_events: int
    oldest_waiting_at: str | None
    dead_letters: int
    moved_at: str | None


class DeadLetter(TypedDict):
    """An event that could not be delivered."""

    id: str
    subscription: str
    event_id: str
    event_type: str
    customer_id: str | None
    state: str
    error: str
    where: str
    attempts: int
    first_failed_at: str
    last_failed_at: str
