"""Makes an export as Slack does, from its documentation."""

import json
import zipfile
from pathlib import Path
from typing import Any

from tests.support.pictures import drawn

Json = dict[str, Any]

USERS: list[Json] = [
    {
        "id": "U1",
        "team_id": "T1",
        "name": "anna",
        "deleted": False,
        "profile": {"real_name": "Anna Ahl", "display_name": "", "email": "anna@example.com"},
    },
    # What Slack allows as a name and this site doesn't, and an account that is closed.
    {
        "id": "U2",
        "team_id": "T1",
        "name": "-björn-",
        "deleted": True,
        "profile": {"real_name": "Björn B", "email": "bjorn@example.com"},
    },
    {"id": "U3", "team_id": "T1", "name": "alice", "profile": {"real_name": "The Boss"}},
]
GENERAL: Json = {
    "id": "C1",
    "name": "general",
    "created": 1500000000,
    "creator": "U1",
    "is_archived": False,
    "members": ["U1", "U2", "U3"],
    "topic": {"value": "all &amp; everything"},
    "pins": [{"id": "1500000001.000100", "type": "C"}],
}
DAY: list[Json] = [
    {"type": "message", "subtype": "channel_join", "user": "U2", "ts": "1500000000.000000", "text": "joined"},
    {
        "type": "message",
        "user": "U1",
        "ts": "1500000001.000100",
        "text": "*Hi* <@U2> &amp; <@U3>, see <#C1|general> and <https://a.example|this>: `a*b*c`",
        "reactions": [
            {"name": "+1::skin-tone-2", "users": ["U2", "U3"], "count": 2},
            {"name": "shipitsquirrel", "users": ["U3"], "count": 1},
        ],
        "edited": {"user": "U1", "ts": "1500000009.000000"},
        "thread_ts": "1500000001.000100",
    },
    {
        "type": "message",
        "user": "U2",
        "ts": "1500000003.000000",
        "thread_ts": "1500000001.000100",
        "text": "<!channel> ~no~",
    },
    {"type": "message", "user": "U3", "ts": "1500000002.000000", "subtype": "me_message", "text": "waves"},
    {
        "type": "message",
        "subtype": "bot_message",
        "bot_id": "B1",
        "username": "deploys",
        "ts": "1500000004.000000",
        "text": "",
        "attachments": [{"title": "Done", "text": "in 3 s"}],
    },
    {
        "type": "message",
        "user": "U1",
        "ts": "1500000005.000000",
        "text": "",
        "files": [
            {"id": "F1", "name": "plan.png"},
            {"id": "F2", "name": "lost.txt", "url_private": "https://files.example/lost.txt?t=secret"},
        ],
    },
    {"type": "message", "user": "U1", "ts": "99999999999.0", "text": "of the future"},
]


def make(path: Path, **changed: Any) -> Path:
    """An archive. `changed` are its files by their names, with / as __; None leaves one out."""
    files: dict[str, Any] = {
        "users.json": USERS,
        "channels.json": [GENERAL],
        "groups.json": [{"id": "G1", "name": "secrets", "members": ["U1", "U3"], "creator": "U3"}],
        "dms.json": [{"id": "D1", "members": ["U1", "U3"]}, {"id": "D2", "members": ["U1"]}],
        "general/2017-07-14.json": DAY,
        "secrets/2017-07-14.json": [{"type": "message", "user": "U3", "ts": "1500000000.0", "text": "psst"}],
        "D1/2017-07-14.json": [{"type": "message", "user": "U1", "ts": "1500000000.0", "text": "between us"}],
        "D2/2017-07-14.json": [{"type": "message", "user": "U1", "ts": "1500000000.0", "text": "to myself"}],
        "__uploads/F1/plan.png": drawn(),
    }
    files |= {name.replace("___", "/"): content for name, content in changed.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if content is not None:
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                archive.writestr(name, data)
    return path
