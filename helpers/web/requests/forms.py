"""Forms: parsed strictly, checked by a pydantic model, and shown again with an error beside each
field."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from helpers.text.characters import is_unicode
from helpers.text.translation import Text, translate
from helpers.web.requests.bodies import deadline, one_of_few
from helpers.web.requests.multipart import Parts, Upload, read_parts
from helpers.web.routing import max_body_of

MAX_FIELDS = 40

MAX_TEXT = 64 * 1024
"""Bytes of all text fields of a form together. Files have limits of their own."""

PARSE_ERRORS = (
    ValueError,
    LookupError,
    AssertionError,
    TypeError,
    RuntimeError,
    BadHttpMessage,
    web.RequestPayloadError,
)
"""What aiohttp raises for a body that contradicts its headers: an unknown encoding of a part, a
broken line, data that can't be decompressed."""

FIELDS = web.RequestKey("form_fields", list[tuple[str, str]])


PARTS = web.RequestKey("form_parts", Parts)

BEFORE_FILES: "web.RequestKey[Callable[[Sequence[tuple[str, str]]], None]]" = web.RequestKey("before_files")
"""Called with the fields that come before a form's files, before those are read. May raise."""

Model = TypeVar("Model", bound=BaseModel)


async def read_form(request: web.Request) -> Mapping[str, str]:
    """Returns the form's fields, at most MAX_FIELDS. If a field occurs twice, the last one counts.

    Raises HTTPUnsupportedMediaType for another content type, HTTPBadRequest for anything that isn't
    UTF-8 or isn't a form, HTTPRequestTimeout for what comes too slowly, ActionError for too many
    large forms at once."""
    return dict(await _read_fields(request))


async def read_values(request: web.Request, name: str) -> list[str]:
    """Returns all values of a field that may occur more than once. Raises as read_form."""
    return [value for field_name, value in await _read_fields(request) if field_name == name]


async def read_files(request: web.Request, name: str) -> list[Upload]:
    """Returns the files of a field, if the route sets `max_body`. Empty if no file was chosen.
    Raises as read_form."""
    await _read_fields(request)
    parts = request.get(PARTS)
    return (
        [upload for field_name, upload in parts.files if field_name == name]
        if parts and max_body_of(request)
        else []
    )


async def read_file(request: web.Request, name: str) -> Upload | None:
    """The same for a field with one file. Of several, the last one counts."""
    files = await read_files(request, name)
    return files[-1] if files else None


async def _read_fields(request: web.Request) -> list[tuple[str, str]]:
    known: list[tuple[str, str]] | None = request.get(FIELDS)
    if known is not None:
        return known
    if (
        request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data")
        and request.can_read_body
    ):
        raise web.HTTPUnsupportedMediaType
    try:
        if request.content_type == "multipart/form-data":
            most = max_body_of(request)
            with one_of_few(request) if most else contextlib.nullcontext():
                async with deadline() as came:
                    parts = await read_parts(
                        *(request, MAX_FIELDS, MAX_TEXT, most or MAX_TEXT, came),
                        before_files=request.get(BEFORE_FILES),
                    )
            request[PARTS] = parts
            fields = parts.fields
            if not all(is_unicode(name) for name, _ in parts.files):
                raise web.HTTPBadRequest
        else:
            async with deadline():
                body = (await request.read()).decode("utf-8")
            fields = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
        # A charset chosen by the client can produce a lone surrogate, which no database accepts.
        if not all(is_unicode(name) and is_unicode(value) for name, value in fields):
            raise web.HTTPBadRequest
    except PARSE_ERRORS:
        raise web.HTTPBadRequest from None
    request[FIELDS] = fields
    return fields


@web.middleware
async def forms(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Closes the files of the request's form at the end of the request."""
    try:
        return await handler(request)
    finally:
        if PARTS in request:
            request[PARTS].close()


@dataclass
class Form:
    """The entered values and their errors, for showing the form again. `errors[""]` is about the
    whole form."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def _text_of(problem: ErrorDetails) -> str:
    """Returns the error text of a field: a validator's own text if it raised a ValueError."""
    if problem["type"] == "missing":
        return Text("This is needed.")
    raised = problem.get("ctx", {}).get("error")
    return raised.args[0] if isinstance(raised, ValueError) else problem["msg"]


SECRET_FIELDS = frozenset({"password", "new_password", "csrf_token"})


def check_form(model: type[Model], fields: Mapping[str, str]) -> tuple[Model | None, Form]:
    """Returns the checked model, or None and the form with its errors, in the language of the
    request. The form contains no secret values."""
    form = Form(values={name: value for name, value in fields.items() if name not in SECRET_FIELDS})
    try:
        return model(**{name: value for name, value in fields.items() if name in model.model_fields}), form
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0]) if problem["loc"] else ""
            form.errors.setdefault(name, translate(_text_of(problem)))
        return None, form
