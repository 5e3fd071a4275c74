"""Which of one's own rooms come first, and which are left out where there are too many."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.history.room_lists import MAX_CONVERSATIONS, MAX_NEW_CONVERSATIONS, MAX_OWN, own_rooms
from chat.history.unread_counts import OwnRooms
from chat.models import Member, Message, Room
from chat.roles import Role
from helpers.db.database import open_database
from tests.conftest import unique
from tests.support.databases import new_postgres, new_sqlite
from tests.support.servers import Postgres

ALICE = 1
LAST = f"r{MAX_OWN:03d}"


@pytest.fixture(params=["sqlite", "postgres"])
async def alice(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[AioDatabase, User]]:
    """Alice has one room too many. In each there is one post that she hasn't read, and it is
    deleted but in the last one."""
    if request.param == "sqlite":
        url = new_sqlite(tmp_path / "test.db")
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = new_postgres(postgres, unique("rooms"))
    database = open_database(url)
    names = {"name": "alice", "name_key": "alice", "skeleton": "alice"}
    await User.insert(id=ALICE, **names, password_hash="", is_admin=False, created_at=0).aio_execute()
    rooms, members, posts = [], [], []
    for number in range(MAX_OWN + 1):
        name = f"r{number:03d}"
        room = {"id": number + 1, "name": name, "slug": name, "topic": "", "kind": "open", "created_at": 0}
        rooms.append({**room, "last_seq": 1, "posts": 1, "cleared_seq": 0, "cleared_number": 0})
        member = {"room": number + 1, "user": ALICE, "role": Role.MEMBER, "present": False}
        members.append({**member, "read_number": 0, "joined_at": 0})
        post = {"room_id": number + 1, "seq": 1, "changed_seq": 1, "number": 1, "kind": "post"}
        post |= {"author_id": ALICE, "nonce": name, "text": "", "at": 0}
        posts.append({**post, "deleted_at": None if name == LAST else 1})
    await Room.insert_many(rooms).aio_execute()
    await Member.insert_many(members).aio_execute()
    await Message.insert_many(posts).aio_execute()
    yield database, await User.aio_get(User.id == ALICE)
    await database.aio_close()


async def test_a_room_of_deleted_posts_is_not_among_the_unread(alice: tuple[AioDatabase, User]) -> None:
    database, user = alice
    listed = await own_rooms(user)
    assert [(room.name, room.unread) for room in listed[:2]] == [(LAST, 1), ("r000", 0)]
    assert len(listed) == MAX_OWN
    told = [view.room for view in (await OwnRooms(database).of([user.id]))[user.id]]
    assert [room.name for room in told] == [*(f"r{number:03d}" for number in range(MAX_OWN - 1)), LAST]
    assert [room.deleted for room in told] == [1] * (MAX_OWN - 1) + [None]
    # Of more than are counted, the others are unread.
    post = {"room_id": 3, "kind": "post", "author_id": ALICE, "text": "", "at": 0, "deleted_at": 1}
    posts = [{**post, "seq": n, "changed_seq": n, "number": n, "nonce": str(n)} for n in range(2, 102)]
    await Message.insert_many(posts).aio_execute()
    for count, expected in ((101, ("r002", 1)), (100, (LAST, 1))):
        await Room.update(posts=count).where(Room.id == 3).aio_execute()
        found = await own_rooms(user)
        assert (found[0].name, found[0].unread) == expected


GROUPS = 2 * MAX_NEW_CONVERSATIONS + MAX_CONVERSATIONS


async def test_conversations_that_others_begin_push_nothing_out(alice: tuple[AioDatabase, User]) -> None:
    """Somebody makes hundreds of groups with Alice, and writes in each: her rooms, in which there is
    nothing new, are all listed, and so are the conversations that she knows and those of two."""
    database, user = alice
    await Member.update(read_number=1).where(Member.user == ALICE).aio_execute()
    await Member.delete().where(Member.room == MAX_OWN + 1).aio_execute()
    rooms, members = [], []
    names = [
        *(f"direct.{number}" for number in range(2)),
        *(f"group.{number:03d}" for number in range(GROUPS)),
    ]
    for room_id, name in enumerate(names, 1000):
        room = {"id": room_id, "name": name, "slug": name, "topic": "", "kind": name.partition(".")[0]}
        room |= {"last_seq": 1, "posts": 1, "cleared_seq": 0, "cleared_number": 0, "created_at": 0}
        rooms.append(room)
        member = {"room": room_id, "user": ALICE, "role": Role.MEMBER, "present": False, "joined_at": 0}
        # Of the first direct message she has read everything. The other is of a stranger.
        members.append({**member, "read_number": int(name in ("direct.0", "group.000"))})
    for start in range(0, len(rooms), 50):
        await Room.insert_many(rooms[start : start + 50]).aio_execute()
        await Member.insert_many(members[start : start + 50]).aio_execute()
    own = {f"r{number:03d}" for number in range(MAX_OWN)}
    new = {f"group.{number:03d}" for number in range(GROUPS - MAX_NEW_CONVERSATIONS + 1, GROUPS)}
    expected = own | {"direct.0", "direct.1", "group.000"} | new
    assert {room.name for room in await own_rooms(user)} == expected
    told = (await OwnRooms(database).of([user.id]))[user.id]
    assert {view.room.name for view in told} == expected
    # Those that she knows have their bound too.
    await Member.update(read_number=1).where(Member.user == ALICE).aio_execute()
    await Room.update(posts=2).where(Room.kind == "group").aio_execute()
    listed = await own_rooms(user)
    told = (await OwnRooms(database).of([user.id]))[user.id]
    assert {room.name for room in listed} == {view.room.name for view in told}
    assert own < {room.name for room in listed}
    assert len(listed) == MAX_OWN + MAX_CONVERSATIONS
    assert all(room.is_conversation for room in listed[:MAX_CONVERSATIONS])
    assert not listed[MAX_CONVERSATIONS].is_conversation
