"""Read a body of JSON as JSON: strictly, in one pass, with places that are JSON pointers."""

from __future__ import annotations

from typing import Any, Self

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.params.models import Body, BodyModel
from pydantic import TypeAdapter

_adapters: dict[type[BodyModel], TypeAdapter[Any]] = {}


class JsonBodyModel(BodyModel):
    """What ninja makes a parameter `body` into; a text is no number here, and 1 is not true."""

    @classmethod
    def resolve(cls, request: HttpRequest, api: NinjaAPI, path_params: dict[str, Any]) -> Self:  # noqa: ARG003
        """Return the body, checked."""
        [(name, field)] = cls.model_fields.items()
        if cls not in _adapters:
            _adapters[cls] = TypeAdapter(field.annotation)  # type: ignore[arg-type]  # A parameter has a type.
        return cls.model_construct(**{name: _adapters[cls].validate_json(request.body, strict=True)})


class JsonBody(Body):  # type: ignore[misc]  # ninja's Param is untyped.
    """Marks the parameter that is the request's body: `body: Annotated[OrderIn, JsonBody(...)]`."""

    _model = JsonBodyModel

    @classmethod
    def _param_source(cls) -> str:
        return "body"
