"""Forms: read strictly, checked by a pydantic model, and shown again with what is wrong beside each field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import BaseModel, ValidationError

MAX_FIELDS = 20

FIELDS = web.RequestKey("form_fields", dict[str, str])

Model = TypeVar("Model", bound=BaseModel)


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The fields of the request's form; of a field that comes twice, the last.

    Raises HTTPUnsupportedMediaType for another content type, HTTPBadRequest for what isn't UTF-8 or not a form."""
    known = request.get(FIELDS)
    if known is not None:
        return known
    if request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data") and request.can_read_body:
        raise web.HTTPUnsupportedMediaType
    try:
        if request.content_type == "multipart/form-data":
            fields = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        else:
            body = (await request.read()).decode("utf-8")
            fields = dict(parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS))
        # A lone surrogate can come in by a charset of the client's choosing; no database takes it.
        for text in fields.values():
            text.encode("utf-8")
    except (ValueError, LookupError, AssertionError):
        raise web.HTTPBadRequest from None
    request[FIELDS] = fields
    return fields


@dataclass
class Form:
    """What was typed and what is wrong with it, for the page that shows it again. `errors[""]` is about the whole form."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


SECRET_FIELDS = frozenset({"password", "csrf_token"})


def check_form(model: type[Model], fields: Mapping[str, str]) -> tuple[Model | None, Form]:
    """The checked model, or None and the form with its errors. Nothing secret is kept for showing."""
    form = Form(values={name: value for name, value in fields.items() if name not in SECRET_FIELDS})
    try:
        return model(**{name: value for name, value in fields.items() if name in model.model_fields}), form
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0]) if problem["loc"] else ""
            text = "This is needed." if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
            form.errors.setdefault(name, text)
        return None, form
