"""Makes small archives of other chats, from their documentation. That of Slack: slack.py."""

import base64
import io
import json
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

Json = dict[str, Any]

AT = 1_500_000_000
"""Seconds: 2017-07-14 02:40:00 UTC."""


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def lines(rows: Iterable[Json]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def data(value: Any) -> bytes:
    return json.dumps(value).encode()


def mattermost_lines() -> list[Json]:
    def user(name: str, *, admin: bool = False, **fields: Any) -> Json:
        roles = "channel_user channel_admin" if admin else "channel_user"
        channels = [{"name": "town-square", "roles": roles}]
        teams = [{"name": "ops", "roles": "team_user", "channels": channels}]
        return {
            "type": "user",
            "user": {"username": name, "email": f"{name}@example.com", "teams": teams, **fields},
        }

    def post(user: str, message: str, at: int, **fields: Any) -> Json:
        told = {
            "team": "ops",
            "channel": "town-square",
            "user": user,
            "message": message,
            "create_at": at * 1000,
        }
        return {"type": "post", "post": {**told, **fields}}

    reply = {"user": "john.doe", "message": "yes, @mary.", "create_at": (AT + 9) * 1000}
    return [
        {"type": "version", "version": 1},
        {"type": "team", "team": {"name": "ops", "display_name": "Ops", "type": "O"}},
        {
            "type": "channel",
            "channel": {
                "team": "ops",
                "name": "town-square",
                "display_name": "Town Square",
                "type": "O",
                "header": "hi",
            },
        },
        {
            "type": "channel",
            "channel": {"team": "ops", "name": "vault", "display_name": "Vault", "type": "P"},
        },
        user("mary", admin=True, first_name="Mary", last_name="Major"),
        user("john.doe", delete_at=1, nickname="Johnny"),
        {"type": "bot", "bot": {"username": "matterbot", "owner": "mary", "display_name": "Bot"}},
        # An export isn't in the order of times.
        post("mary", "second", AT + 20),
        post(
            *("mary", "**first** for @john.doe in ~town-square: `~town-square`", AT),
            replies=[reply],
            is_pinned=True,
            edit_at=(AT + 1) * 1000,
            reactions=[{"user": "john.doe", "emoji_name": "tada", "create_at": 1}],
            attachments=[{"path": "20170714/notes.txt"}],
        ),
        post("john.doe", "joined", AT, type="system_join_channel"),
        post("mary", "no time", AT) | {"post": {"team": "ops", "channel": "town-square", "user": "mary"}},
        {"type": "direct_channel", "direct_channel": {"members": ["mary", "john.doe"]}},
        {
            "type": "direct_post",
            "direct_post": {
                "channel_members": ["mary", "john.doe"],
                "user": "john.doe",
                "message": "between us",
                "create_at": AT * 1000,
            },
        },
    ]


def mattermost(path: Path) -> Path:
    return zipped(path, {"import.jsonl": lines(mattermost_lines()), "data/20170714/notes.txt": b"notes\n"})


WEECHAT = """\
2017-07-14 02:40:00\t-->\tanna (~anna@host) has joined #garden
2017-07-14 02:40:01\t@anna\t\x0304hello\x0f all
2017-07-14 02:40:01\t@anna\t\x0304hello\x0f all
2017-07-14 02:40:02\tBob\tanna: see `this`
2017-07-14 02:40:03\t *\tBob waves
nonsense
"""

IRSSI = """\
--- Log opened Fri Jul 14 23:58:00 2017
23:58 -!- anna [anna@host] has joined #pond
23:59 <@anna> before midnight
--- Day changed Sat Jul 15 2017
00:01 < Bob> after it
00:01  * Bob sleeps
--- Log closed Sat Jul 15 00:02:00 2017
"""


def irc(folder: Path) -> Path:
    (folder / "libera").mkdir(parents=True)
    (folder / "irc.libera.#garden.weechatlog").write_text(WEECHAT)
    (folder / "irc.libera.bob.weechatlog").write_text(
        "2017-07-14 02:40:00\tanna\tjust us\n2017-07-14 02:40:01\tBob\tyes\n"
    )
    (folder / "libera" / "#pond.log").write_text(IRSSI)
    return folder


def discord_channel() -> Json:
    def author(key: str, name: str, nickname: str = "") -> Json:
        return {"id": key, "name": name, "discriminator": "0000", "nickname": nickname, "isBot": False}

    def said(key: str, who: Json, text: str, **fields: Any) -> Json:
        told = {
            "id": key,
            "type": "Default",
            "timestamp": f"2017-07-14T04:40:0{key[-1]}.5+02:00",
            "isPinned": False,
        }
        return {
            **told,
            "content": text,
            "author": who,
            "attachments": [],
            "reactions": [],
            "mentions": [],
            **fields,
        }

    anna, bob = author("11", "anna", "Anna the Great"), author("12", "bob")
    return {
        "guild": {"id": "1", "name": "Gardeners"},
        "channel": {
            "id": "2",
            "type": "GuildTextChat",
            "category": "Talk",
            "name": "garden",
            "topic": "beans",
        },
        "dateRange": {"after": None, "before": None},
        "messages": [
            said("101", anna, "**hello**", timestampEdited="2017-07-14T02:41:00+00:00", isPinned=True),
            said(
                *("102", bob, "hi @Anna the Great"),
                type="Reply",
                reference={"messageId": "101", "channelId": "2", "guildId": "1"},
                mentions=[anna],
                reactions=[
                    {"emoji": {"id": "", "name": "🌱", "isAnimated": False}, "count": 1, "users": [anna]}
                ],
                attachments=[
                    {"id": "5", "url": "garden.json_Files/bean%20plan.txt", "fileName": "bean plan.txt"},
                    {"id": "6", "url": "https://cdn.example/lost.txt", "fileName": "lost.txt"},
                ],
            ),
            said("103", bob, "", type="ChannelPinnedMessage"),
            said("104", bob, "", timestamp="yesterday"),
        ],
        "messageCount": 4,
    }


def discord(path: Path) -> Path:
    # The exporter ends its files with a mark of their order of bytes.
    content = b"\xef\xbb\xbf" + json.dumps(discord_channel(), indent=2).encode()
    return zipped(path, {"out/garden.json": content, "out/garden.json_Files/bean plan.txt": b"plan\n"})


def zulip_files() -> dict[str, bytes]:
    def person(key: int, name: str, **fields: Any) -> Json:
        return {"id": key, "full_name": name, "delivery_email": f"{name[:4].lower()}@example.com", **fields}

    def said(key: int, sender: int, recipient: int, text: str, subject: str = "") -> Json:
        return {
            **{"id": key, "sender": sender, "recipient": recipient, "content": text, "subject": subject},
            **{"date_sent": AT + key + 0.25, "last_edit_time": None, "sending_client": 1},
        }

    def member(user: int, recipient: int, role: int = 50) -> Json:
        return {"id": user, "user_profile": user, "recipient": recipient, "active": True, "role": role}

    realm = {
        "zerver_realm": [{"id": 2, "string_id": "gardeners", "uuid": "c0ffee"}],
        "zerver_userprofile": [person(11, "Anna Ahl"), person(12, "Bobo B", is_active=False)],
        "zerver_userprofile_crossrealm": [person(13, "Welcome Bot", is_bot=True)],
        "zerver_stream": [
            {"id": 21, "name": "garden", "invite_only": False, "description": "beans", "date_created": AT}
        ],
        "zerver_recipient": [
            {"id": 31, "type": 1, "type_id": 11},
            {"id": 32, "type": 2, "type_id": 21},
            {"id": 33, "type": 3, "type_id": 41},
        ],
        "zerver_subscription": [
            member(11, 32, 20),
            member(12, 32),
            *(member(user, 33) for user in (11, 12, 13)),
        ],
        "zerver_reaction": [
            {
                "message": 2,
                "user_profile": 11,
                "emoji_name": "leaves",
                "emoji_code": "1f343",
                "reaction_type": "unicode_emoji",
            },
            {
                "message": 2,
                "user_profile": 12,
                "emoji_name": "zulip",
                "emoji_code": "zulip",
                "reaction_type": "zulip_extra_emoji",
            },
        ],
    }
    first = [
        said(1, 11, 32, "Let's plant, @**Bobo B**! See #**garden>tools** `@**Bobo B**`", "beans"),
        said(2, 12, 32, "@_**Anna Ahl|11** yes [plan.txt](/user_uploads/2/ab/plan.txt)", "beans"),
    ]
    second = [said(3, 12, 31, "just us"), said(4, 13, 33, "welcome"), said(5, 11, 99, "to nobody")]
    root = "zulip-export-x/"
    return {
        f"{root}realm.json": data(realm),
        f"{root}messages-000001.json": data({"zerver_usermessage": [{"id": 1}], "zerver_message": first}),
        f"{root}messages-000002.json": data({"zerver_message": second, "zerver_usermessage": []}),
        f"{root}uploads/records.json": data([{"path": "2/ab/plan.txt"}]),
        f"{root}uploads/2/ab/plan.txt": b"plan\n",
    }


def zulip(path: Path) -> Path:
    return tarred(path, zulip_files())


def rocketchat_files() -> dict[str, bytes]:
    anna, bob = (
        {"_id": "uA", "username": "anna", "name": "Anna"},
        {"_id": "uB", "username": "bob", "name": "Bob"},
    )

    def said(key: str, user: Json, text: str, seconds: int, **fields: Any) -> Json:
        when = {"$date": f"2017-07-14T02:40:0{seconds}.000Z"}
        return {"_id": key, "rid": "GENERAL", "u": user, "msg": text, "ts": when, **fields}

    users = [
        {
            **anna,
            "emails": [{"address": "anna@example.com", "verified": True}],
            "active": True,
            "type": "user",
        },
        {**bob, "active": False, "type": "user"},
    ]
    rooms = [
        {
            "_id": "GENERAL",
            "t": "c",
            "name": "general",
            "topic": "all",
            "ts": {"$date": {"$numberLong": str(AT * 1000)}},
        },
        {"_id": "uAuB", "t": "d", "uids": ["uA", "uB"]},
        {"_id": "L1", "t": "l"},
    ]
    members = [
        {"_id": "1", "rid": "GENERAL", "u": anna, "roles": ["owner"]},
        {"_id": "2", "rid": "GENERAL", "u": bob},
    ]
    messages = [
        said("m1", anna, "*hello* @bob", 1, reactions={":tada:": {"usernames": ["bob"]}}, pinned=True),
        said("m2", bob, "in a thread", 2, tmid="m1", editedAt={"$date": "2017-07-14T02:41:00Z"}),
        said("m3", bob, "[ ](https://chat.example/channel/general?msg=m1) ~quoted~", 3),
        said("m4", bob, "bob", 4, t="uj"),
        said(
            *("m5", anna, "", 5),
            file={"_id": "f1", "name": "plan.txt", "type": "text/plain"},
            attachments=[
                {"title": "plan.txt", "description": "the plan", "title_link": "/file-upload/f1/plan.txt"}
            ],
        ),
        said("m6", anna, "between us", 6) | {"rid": "uAuB"},
    ]
    return {
        "dump/users.json": lines(users),
        # With --jsonArray.
        "dump/rocketchat_room.json": data(rooms),
        "dump/rocketchat_subscription.json": lines(members),
        "dump/rocketchat_message.json": lines(messages),
        "dump/files/f1.txt": b"plan\n",
    }


def rocketchat(path: Path) -> Path:
    return zipped(path, rocketchat_files())


_CAMPFIRE = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT, created_at TEXT);
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email_address TEXT, status INTEGER, role INTEGER);
CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT, type TEXT, creator_id INTEGER, created_at TEXT);
CREATE TABLE memberships (id INTEGER PRIMARY KEY, room_id INTEGER, user_id INTEGER);
CREATE TABLE messages (id INTEGER PRIMARY KEY, room_id INTEGER, creator_id INTEGER, created_at TEXT,
    updated_at TEXT, client_message_id TEXT);
CREATE TABLE action_text_rich_texts (id INTEGER PRIMARY KEY, name TEXT, body TEXT, record_type TEXT,
    record_id INTEGER);
CREATE TABLE boosts (id INTEGER PRIMARY KEY, message_id INTEGER, booster_id INTEGER, content TEXT);
CREATE TABLE active_storage_blobs (id INTEGER PRIMARY KEY, key TEXT, filename TEXT);
CREATE TABLE active_storage_attachments (id INTEGER PRIMARY KEY, name TEXT, record_type TEXT,
    record_id INTEGER, blob_id INTEGER);
INSERT INTO accounts VALUES (1, 'Gardeners', '2017-01-01 00:00:00.000000');
INSERT INTO users VALUES (1, 'Anna Ahl', 'anna@example.com', 0, 1), (2, 'Bob', 'gone@example.com', 1, 0);
INSERT INTO rooms VALUES (1, 'Garden', 'Rooms::Open', 1, '2017-07-14 00:00:00.000000'),
    (2, NULL, 'Rooms::Direct', 1, '2017-07-14 00:00:00.000000');
INSERT INTO memberships VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 2, 2);
INSERT INTO messages VALUES (1, 1, 1, '2017-07-14 02:40:01.500000', '', 'a'),
    (2, 1, 2, '2017-07-14 02:40:02.000000', '', 'b'), (3, 2, 2, '2017-07-14 02:40:03.000000', '', 'c'),
    (4, 1, 2, 'never', '', 'd');
INSERT INTO boosts VALUES (1, 1, 2, '🌱'), (2, 1, 2, 'well said'), (3, 2, 1, '👍');
INSERT INTO active_storage_blobs VALUES (1, 'abcd1234', 'plan.txt');
INSERT INTO active_storage_attachments VALUES (1, 'attachment', 'Message', 2, 1);
"""


def campfire(folder: Path) -> Path:
    """A copy of its storage folder."""
    (folder / "db").mkdir(parents=True)
    (folder / "files" / "ab" / "cd").mkdir(parents=True)
    (folder / "files" / "ab" / "cd" / "abcd1234").write_bytes(b"plan\n")
    told = json.dumps({"_rails": {"data": "gid://campfire/User/2", "pur": "attachable"}}).encode()
    mention = (
        f'<action-text-attachment sgid="{base64.b64encode(told).decode()}--abc" '
        'content-type="application/vnd.campfire.mention"></action-text-attachment>'
    )
    bodies = [
        f'<div>Hi {mention}<br><strong>look</strong> <a href="https://a.example/b">here</a></div>'
        "<ul><li>one &lt;1&gt;</li><li>two</li></ul><pre>x = 1\n</pre>",
        "",
        "between us",
        "no time",
    ]
    with closing(sqlite3.connect(folder / "db" / "production.sqlite3")) as database, database:
        database.executescript(_CAMPFIRE)
        for number, body in enumerate(bodies, 1):
            row = (number, "body", body, "Message", number)
            database.execute("INSERT INTO action_text_rich_texts VALUES (?, ?, ?, ?, ?)", row)
    return folder
