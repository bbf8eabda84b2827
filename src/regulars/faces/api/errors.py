"""How what goes wrong is told: problem details (RFC 9457) with our `code`, and the one table of HTTP statuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from psycopg.errors import DeadlockDetected, LockNotAvailable
from pydantic import BaseModel

from regulars.facts.language.faults import WrongCondition
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.services import FaultyProgram
from regulars.loyalty.rewards.sentences import sentence_of
from regulars.stream.database import is_lost

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
# Each error of a feature is 422 (understood, but cannot be meant) unless it is named here.
STATUS: Mapping[str, int] = {
    "no_such_customer": 404,
    "no_such_order": 404,
    "no_such_product": 404,
    "no_such_note": 404,
    "no_such_subscription": 404,
    "no_such_dead_letter": 404,
    "no_such_api_key": 404,
    "no_such_account": 404,
    "no_such_invitation": 404,
    "no_such_import": 404,
    "no_such_export": 404,
    "no_such_view": 404,
    "no_such_run": 404,
    "no_such_report": 404,
    "no_such_schedule": 404,
    "report_not_ready": 409,
    "too_many_reports": 409,
    "too_many_schedules": 409,
    "no_such_cohorts": 404,
    "not_split_by": 422,
    "no_such_metric": 404,
    "run_under_way": 409,
    "file_not_there": 409,
    "wrong_state": 409,
    "same_file_under_way": 409,
    "file_too_large": 413,
    "reporting_currency_in_use": 409,
    "identifier_taken": 409,
    "same_customer": 409,
    "email_taken": 409,
    "last_owner": 409,
    "not_merged": 409,
    "last_identifier": 409,
    "no_such_program": 404,
    "no_such_version": 404,
    "no_such_offer": 404,
    "no_draft": 404,
    "no_such_member": 404,
    "no_such_tier": 404,
    "no_tier_standing": 404,
    "no_such_reward": 404,
    "no_such_redemption": 404,
    "no_such_series": 404,
    "no_such_batch": 404,
    "no_such_voucher": 404,
    "draft_changed": 409,
    "busy": 409,
    "idempotency_key_used": 409,
    "not_enough_points": 409,
    "no_such_adjustment": 404,
    "no_such_currency": 404,
    "program_not_begun": 409,
    "above_authority": 403,
    "not_a_person": 403,
    "own_adjustment": 403,
    "adjustment_decided": 409,
    "member_not_merged": 409,
    "already_confirmed": 409,
    "not_confirmed": 409,
    "not_reserved": 409,
    "reservation_expired": 409,
    "cannot_be_undone": 409,
    "too_many_tries": 429,
    "batch_not_finished": 409,
    "wrong_cursor": 400,
    # What is sensitive, and takes a scope that the key lacks.
    "fact_withheld": 403,
    "export_withheld": 403,
}


class Place(BaseModel):
    """Characters of a text, from `start` to before `end`."""

    start: int
    end: int


class Fault(BaseModel):
    """One thing that is wrong: `pointer` is its place in the body, `parameter` its name in the address.

    `place` is the part of a condition's text that is wrong, `values` are figures that explain it.
    """

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    place: Place | None = None
    values: dict[str, Any] | None = None


class Problem(Fault):
    """What went wrong. `errors` lists the faults where there are several."""

    type: str = "about:blank"
    title: str
    status: int
    errors: list[Fault] | None = None


class Refused(Exception):
    """A call that the API itself refuses, before any feature is asked."""

    def __init__(
        self, status: int, code: str, message: str, *, parameter: str | None = None, headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.parameter, self.headers = parameter, headers

    def response(self) -> HttpResponse:
        """Return the problem as an answer."""
        fault = Fault(code=self.code, detail=self.message, parameter=self.parameter)
        return problem(self.status, fault, headers=self.headers)


def problem(
    status: int, fault: Fault, *, errors: list[Fault] | None = None, headers: Mapping[str, str] = {}
) -> HttpResponse:
    """Return a problem as an answer."""
    told = Problem(title=HTTPStatus(status).phrase, status=status, errors=errors, **fault.model_dump())
    content = told.model_dump_json(exclude_none=True)
    return HttpResponse(content, status=status, content_type=MEDIA_TYPE, headers=dict(headers))


def fault_of(error: DomainError) -> Fault:
    """Return an error of a feature, with its place in the body where it knows it."""
    field = getattr(error, "field", None)
    pointer = getattr(error, "pointer", None) or (f"/{field}" if field else None)
    place = error.place if isinstance(error, WrongCondition) else None
    told = Place(start=place.start, end=place.end) if place else None
    return Fault(code=error.code, detail=error.message, pointer=pointer, place=told)


def domain_problem(error: DomainError) -> HttpResponse:
    """Return an error of a feature as an answer, with all reasons where it has several, and when to ask again."""
    seconds = getattr(error, "retry_after_seconds", None)
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    first, *more = _reasons(error) or [fault_of(error)]
    return problem(STATUS.get(error.code, 422), first, errors=[first, *more] if more else None, headers=headers)


def _reasons(error: DomainError) -> list[Fault]:
    """Return why a reward is not given, vouchers are not taken, or a document is not, each with what explains it."""
    if isinstance(error, FaultyProgram):
        return [
            Fault(
                code=each.code,
                detail=each.message,
                pointer="/text",
                values={"pointer": each.pointer, "line": each.line, "column": each.column},
            )
            for each in error.faults
        ]
    told: list[tuple[str | None, Any]] = [(None, refusal) for refusal in getattr(error, "refusals", ())]
    for number, verdict in enumerate(getattr(error, "verdicts", ())):
        told += [(f"/codes/{number}", refusal) for refusal in verdict.refusals]
    return [
        Fault(code=why.reason.value, detail=sentence_of(why), pointer=pointer, values=dict(why.values) or None)
        for pointer, why in told
    ]


def install_handlers(api: NinjaAPI) -> None:
    """Tell ninja how each error is told."""
    api.add_exception_handler(Refused, _refused)
    api.add_exception_handler(DomainError, lambda _, error: domain_problem(error))  # type: ignore[arg-type]
    api.add_exception_handler(ValidationError, _validation_error)
    for kind in (OperationalError, InterfaceError):
        api.add_exception_handler(kind, lambda _, error: database_failed(error))  # type: ignore[arg-type]
    api.add_exception_handler(RequestDataTooBig, lambda _, __: too_large().response())
    api.add_exception_handler(Exception, _our_fault)
    api.add_exception_handler(Http404, lambda _, __: not_found().response())


def not_found() -> Refused:
    """Return the refusal of an address that leads nowhere."""
    return Refused(404, "not_found", gettext("There is nothing at this address."))


def too_large() -> Refused:
    """Return the refusal of a body that is too large."""
    return Refused(413, "body_too_large", gettext("The body is too large; send fewer at once."))


def _refused(_: HttpRequest, error: Any) -> HttpResponse:
    response: HttpResponse = error.response()
    return response


def _validation_error(_: HttpRequest, error: Any) -> HttpResponse:
    """Tell what pydantic found wrong: a body that is no JSON is 400, all else 422."""
    faults = [_fault(each["loc"], each["type"], each["msg"]) for each in error.errors]
    malformed = next((fault for fault in faults if fault.code == "json_invalid"), None)
    if malformed:
        return problem(400, malformed.model_copy(update={"code": "malformed_json", "pointer": None}))
    return problem(422, faults[0], errors=faults if len(faults) > 1 else None)


def _fault(location: tuple[str | int, ...], code: str, message: str) -> Fault:
    source, *rest = location
    code = {"extra_forbidden": "unknown_field", "missing": "missing_field"}.get(code, code)
    if source == "body":
        return Fault(code=code, detail=message, pointer=json_pointer(rest))
    return Fault(code=code, detail=message, parameter=".".join(map(str, rest)))


def json_pointer(parts: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) to a place; the whole is the empty text."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def database_failed(error: DatabaseError | InterfaceError) -> HttpResponse:
    """Tell of waiting in vain for others, or for the database itself; all else is ours, and goes on to be a 500."""
    if isinstance(error.__cause__, LockNotAvailable):
        message = gettext("Another call that writes the same has not ended yet; try again.")
        return Refused(409, "in_flight", message, headers={"Retry-After": "1"}).response()
    if isinstance(error.__cause__, DeadlockDetected):
        message = gettext("Two calls stood in each other's way; try again.")
        return Refused(503, "try_again", message, headers={"Retry-After": "1"}).response()
    if is_lost(error):
        # Whether the call was done is not known here either; what the log needs of it is no trace for each call.
        log.warning("database_lost", error=type(error).__name__)
        message = gettext("The database does not answer at the moment; try again.")
        return Refused(503, "database_away", message, headers={"Retry-After": "1"}).response()
    return _our_fault(None, error)


def _our_fault(_: HttpRequest | None, error: Any) -> HttpResponse:
    """Tell the log of what nobody foresaw, and the caller no more than that it happened."""
    log.error("operation_failed", exc_info=error)
    return Refused(500, "internal_error", gettext("Something went wrong on our side; it has been noted.")).response()
