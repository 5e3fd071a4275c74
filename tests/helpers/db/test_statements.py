"""Statements are what peewee would write, to the letter, whatever names their columns."""

from typing import Any

import peewee
import pytest

from helpers.db.base import Base, database_proxy
from urls import ROUTES

assert ROUTES  # all models are imported


def _models() -> list[Any]:
    ours = (model for model in Base.__subclasses__() if model.__module__.split(".")[0] != "tests")
    return sorted(ours, key=lambda model: (model.__module__, model.__name__))


def _of_every_model(model: Any) -> list[Any]:
    first = model._meta.sorted_fields[0]
    other = model.alias()
    inner = model.select(first).where(first == 2)
    return [
        model.select().where(first == 1).order_by(first.desc()).limit(3),
        model.select(peewee.fn.COUNT(first)).group_by(first).having(peewee.fn.MAX(first) > 1),
        model.select(other).join(other, on=first == getattr(other, first.name)),
        model.select().where(first.in_(inner) | peewee.fn.EXISTS(inner)),
        model.select(first.alias("named")).from_(inner.alias("inner")),
        inner | model.select(first).where(first == 3),
        model.insert({first: 1}),
        model.insert_many([{first: 1}, {first: 2}]).on_conflict_ignore(),
        model.insert({first: 1}).on_conflict(conflict_target=[first], update={first: first + 1}),
        model.update({first: first + 1}).where(first == 1),
        model.update({first: 2}).where(first.in_(inner)),
        model.delete().where(first == 1),
        model.delete().where(first.in_(inner)),
    ]


def _joined(model: Any) -> list[Any]:
    keys = [field for field in model._meta.sorted_fields if isinstance(field, peewee.ForeignKeyField)]
    return [
        model.select(model, key.rel_model).join(key.rel_model, on=key).where(key == 1)
        for key in keys
        if key.rel_model is not model
    ]


@pytest.mark.parametrize("database", [peewee.SqliteDatabase, peewee.PostgresqlDatabase])
def test_columns_are_named_as_peewee_does(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = database("none")
    monkeypatch.setattr(database_proxy, "obj", bound)
    queries = [query for model in _models() for query in (*_of_every_model(model), *_joined(model))]
    assert len(queries) > 500
    ours = [query.bind(bound).sql() for query in queries]
    monkeypatch.setattr(peewee.Field, "__sql__", lambda field, context: context.sql(field.column))
    for query, written in zip(queries, ours, strict=True):
        assert written == query.bind(bound).sql()
