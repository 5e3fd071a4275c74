"""The migrations and the models tell the same story about the tables, on both databases, however
often they run."""

import sqlite3

import peewee

from accounts import models as accounts_models
from accounts.relations import following as following_models
from chat import models as chat_models
from feed import models as feed_models
from helpers.db import leases
from helpers.db.base import Base
from helpers.db.migrations import migrate, pending
from helpers.mail import queue
from helpers.storage import blobs
from notifications import models as notification_models
from notifications.push import models as push_models
from tests.operations.saving.conftest import ask
from tests.support.servers import ROOT

FOLDER = ROOT / "migrations"
MODELS = [
    model
    for module in (
        accounts_models,
        following_models,
        chat_models,
        feed_models,
        notification_models,
        push_models,
        leases,
        blobs,
        queue,
    )
    for model in vars(module).values()
    if isinstance(model, type)
    and issubclass(model, Base)
    and model is not Base
    and model.__module__.startswith(module.__name__)
]
KINDS = {
    peewee.TextField: {"text"},
    peewee.BooleanField: {"boolean"},
    peewee.SmallIntegerField: {"smallint"},
    peewee.IntegerField: {"integer"},
    peewee.BigIntegerField: {"bigint"},
    peewee.ForeignKeyField: {"bigint"},
    peewee.BlobField: {"blob", "bytea"},
    peewee.AutoField: {"integer", "bigint"},
}


def columns_of(url: str, table: str) -> dict[str, tuple[str, bool]]:
    """By name: the kind of a column, and may it be null?"""
    if url.startswith("sqlite:"):
        # A text key may be null for SQLite alone; and `id` can't, whatever it says.
        rows = ask(url, f"PRAGMA table_info({table})")
        return {name: (kind.lower(), not required and not key) for _, name, kind, required, _, key in rows}
    sql = (
        "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = "
        f"'{table}'"
    )
    return {name: (kind, nullable == "YES") for name, kind, nullable in ask(url, sql)}


def test_the_models_are_these() -> None:
    names = {
        "users",
        "pictures",
        "site",
        "site_logo",
        "rooms",
        "room_names",
        "members",
        "messages",
        "reactions",
        "mentions",
        "message_versions",
        "invitations",
        "invite_links",
        "invite_link_uses",
        "invite_link_rooms",
        "room_requests",
        "kicks",
        "timeouts",
        "last_posts",
        "acts",
        "reports",
        "report_lines",
        "report_reasons",
        "ignored",
        "filters",
        "held_posts",
        "kept_records",
        "presence",
        "presence_clock",
        "statuses",
        "notices",
        "notice_deliveries",
        "notice_settings",
        "notice_keywords",
        "notice_progress",
        "push_devices",
        "push_closings",
        "notice_jobs",
        "ended_sessions",
        "blocks",
        "follows",
        "follow_requests",
        "follow_counts",
        "feed_posts",
        "feed_comments",
        "feed_deleted_comments",
        "feed_likes",
        "feed_clock",
        "feed_events",
        "feed_pictures",
        "feed_picture_files",
        "leavings",
        "downloads",
        "clearings",
        "leases",
        "blobs",
        "files",
        "uploads",
        "file_usage",
        "name_words",
        "site_acts",
        "site_settings",
        "password_links",
        "email_links",
        "mails",
        "deleted_rooms",
        "room_pictures",
        "former_members",
        "sweeps",
        "preview_jobs",
        "import_origins",
        "linked_pages",
        "preview_pictures",
        "holds",
    }
    assert {model._meta.table_name for model in MODELS} == names


def test_twice_is_harmless(url: str) -> None:
    everything = len(list(FOLDER.glob("[0-9]*.py")))
    assert pending(url, FOLDER) == everything
    assert migrate(url, FOLDER) == everything
    ask(url, "SELECT * FROM users")
    assert migrate(url, FOLDER) == 0
    assert pending(url, FOLDER) == 0


def test_the_tables_are_what_the_models_say(url: str) -> None:
    migrate(url, FOLDER)
    for model in MODELS:
        found = columns_of(url, model._meta.table_name)
        fields = {field.column_name: field for field in model._meta.sorted_fields}
        assert set(found) == set(fields), model
        for name, (kind, nullable) in found.items():
            assert kind in KINDS[type(fields[name])], (model, name)
            assert nullable == bool(fields[name].null), (model, name)


def test_what_is_unique_in_the_models_is_in_the_tables(url: str) -> None:
    migrate(url, FOLDER)
    for model in MODELS:
        table = model._meta.table_name
        if url.startswith("sqlite:"):
            names = [row[1] for row in ask(url, f"PRAGMA index_list({table})") if row[2]]
            unique_columns = {
                tuple(row[2] for row in ask(url, f"PRAGMA index_info({name})")) for name in names
            }
        else:
            sql = (
                f"SELECT indexdef FROM pg_indexes WHERE tablename = '{table}' AND indexdef LIKE 'CREATE "
                "UNIQUE%'"
            )
            unique_columns = {
                tuple(row[0].partition("(")[2].partition(")")[0].split(", ")) for row in ask(url, sql)
            }
        for field in model._meta.sorted_fields:
            if field.unique and not field.primary_key:
                assert (field.column_name,) in unique_columns, (model, field)
        if isinstance(model._meta.primary_key, peewee.CompositeKey):
            key = tuple(model._meta.fields[name].column_name for name in model._meta.primary_key.field_names)
            assert key in unique_columns, model


def test_an_id_is_never_given_again(url: str) -> None:
    migrate(url, FOLDER)
    columns = "(name, slug, topic, kind, last_seq, posts, cleared_seq, cleared_number, created_at)"
    if not url.startswith("sqlite:"):
        assert ask(
            url,
            "SELECT is_identity FROM information_schema.columns WHERE table_name = 'rooms' AND column_name = "
            "'id'",
        ) == [("YES",)]
        return
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    for expected in (1, 2):
        with connection:
            connection.execute(f"INSERT INTO rooms {columns} VALUES ('a', 'a', '', 'open', 0, 0, 0, 0, 0)")
            assert connection.execute("SELECT id FROM rooms").fetchall() == [(expected,)]
            connection.execute("DELETE FROM rooms")
    connection.close()
