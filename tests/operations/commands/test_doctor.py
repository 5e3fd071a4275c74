"""What `doctor` says of a sound site, and of each fault, which is brought about on a real server."""

import asyncio
import json
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis as redis_client

from tests.conftest import unique
from tests.support.programs.shell import run, settings_in
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.services.mail_server import mailbox

NOWHERE = "127.0.0.1:1"


def examined(folder: Path, code: int, **env: str) -> dict[str, dict[str, str]]:
    """The findings by their subjects. Each fault says what it breaks and how it is mended."""
    done = run(folder, "doctor", "--json", given=b"", **env)
    assert (done.returncode, done.stderr) == (code, b""), done
    found = json.loads(done.stdout)
    assert all(bool(one["breaks"]) == bool(one["mend"]) == (one["state"] != "ok") for one in found)
    assert "s3cret" not in done.stdout.decode()
    return {one["subject"]: one for one in found}


def states(found: dict[str, dict[str, str]], *without: str) -> set[str]:
    return {one["state"] for subject, one in found.items() if subject not in without}


def test_a_sound_site(tmp_path: Path, chat: Aiochat) -> None:
    env = settings_in(chat.env) | {"DATA_DIR": str(chat.data_dir), "PUBLIC_URL": chat.url}
    done = run(tmp_path, "doctor", given=b"", **env)
    assert b"ok    public URL: " in done.stdout
    assert b"fail  " not in done.stdout.replace(b"fail  fsync", b"")


def test_a_site_that_is_not_there(tmp_path: Path) -> None:
    found = examined(tmp_path, 1)
    assert found["database"]["state"] == "fail"
    assert "there is no site" in found["database"]["told"]
    assert not (tmp_path / "data").exists()


def test_postgresql_and_its_faults(own_servers: None, tmp_path: Path) -> None:
    options = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    with Postgres(options=options) as careless:
        url = careless.create_database("faulty")
        env = {"DATABASE_URL": url}
        assert run(tmp_path, "migrate", given=b"", **env).returncode == 0
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE twice AS SELECT 1 AS one FROM generate_series(1, 2)")
            # It fails half way, and leaves an index that nothing uses.
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON twice (one)")
        found = examined(tmp_path, 1, **env)
    assert [found[name]["state"] for name in ("database", "encoding", "clock")] == ["ok"] * 3
    assert [found[name]["state"] for name in (*options, "indexes")] == ["fail"] * 4
    assert found["indexes"]["told"] == "not valid: broken"


def test_indexes_that_are_far_too_large(postgres: Postgres, tmp_path: Path) -> None:
    name = unique("large")
    url = postgres.create_database(name)
    assert run(tmp_path, "migrate", given=b"", DATABASE_URL=url).returncode == 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute('CREATE TABLE "Lines" (id bigint PRIMARY KEY, text text, room int)')
        connection.execute('CREATE INDEX "by Text" ON "Lines" (text, room)')
        connection.execute('CREATE INDEX by_words ON "Lines" (upper(text)) WHERE id > 0')
        connection.execute(
            'INSERT INTO "Lines" SELECT one, repeat(md5(one::text), 15), 1 FROM generate_series(1, 40000) one'
        )
        # Nothing is known of them yet.
        assert examined(tmp_path, 0, DATABASE_URL=url)["bloat of indexes"]["state"] == "ok"
        connection.execute('VACUUM ANALYZE "Lines"')
        assert examined(tmp_path, 0, DATABASE_URL=url)["bloat of indexes"]["state"] == "ok"
        connection.execute('DELETE FROM "Lines" WHERE id % 20 <> 0')
        connection.execute('VACUUM ANALYZE "Lines"')
        found = examined(tmp_path, 0, DATABASE_URL=url)["bloat of indexes"]
        # The key of numbers is small, however much of it is empty.
        assert found["state"] == "warn"
        assert "Lines_pkey" not in found["told"]
        told = dict(re.findall(r"(\S+|\".*?\") takes (\d+ MB, and its rows need about \d+)", found["told"]))
        assert set(told) == {'"by Text"', "by_words"}
        for statement in found["mend"].rstrip(";").split(";"):
            connection.execute(statement.encode())
        assert examined(tmp_path, 0, DATABASE_URL=url)["bloat of indexes"]["state"] == "ok"
        # Whoever rebuilds one holds it: it isn't waited for.
        with psycopg.connect(url) as other:
            other.execute('LOCK TABLE "Lines" IN ACCESS EXCLUSIVE MODE')
            other.execute('REINDEX INDEX "by Text"')
            found = examined(tmp_path, 0, DATABASE_URL=url)["bloat of indexes"]
        assert (found["state"], "weren't looked at" in found["told"]) == ("ok", True)
    postgres.drop_database(name)


def test_a_database_in_another_encoding(postgres: Postgres, tmp_path: Path) -> None:
    name = unique("latin")
    made = f"CREATE DATABASE {name} OWNER aiochat ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' "
    superuser = postgres.database_url("postgres").replace("//aiochat@", "//postgres@")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"{made} TEMPLATE template0".encode())
    env = {"DATABASE_URL": postgres.database_url(name)}
    # Nothing is begun there, not even a table.
    for command in ("migrate", "serve"):
        done = run(tmp_path, command, *(["--migrate"] if command == "serve" else []), given=b"", **env)
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.decode().startswith("aiochat: the database is encoded in LATIN1, in which texts")
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        counted = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(counted).fetchall() == [(0,)]
    # What was made before that was looked at isn't served.
    sound = postgres.create_database(unique("utf8"))
    assert run(tmp_path, "migrate", given=b"", DATABASE_URL=sound).returncode == 0
    dumped = subprocess.run(["pg_dump", "--no-owner", sound], check=True, capture_output=True).stdout
    subprocess.run(["psql", "-q", env["DATABASE_URL"]], check=True, capture_output=True, input=dumped)
    found = examined(tmp_path, 1, **env)
    assert (found["encoding"]["state"], found["encoding"]["told"]) == ("fail", "LATIN1")
    done = run(tmp_path, "serve", given=b"", **env)
    assert (done.returncode, b"is encoded in LATIN1" in done.stderr) == (1, True)
    postgres.drop_database(name)


def test_redis_and_its_faults(own_servers: None, tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    with Redis(options=("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")) as forgetful:
        found = examined(tmp_path, 1, REDIS_URL=forgetful.url)
    assert found["Redis's policy"]["state"] == "fail"
    assert found["Redis's persistence"]["state"] == "warn"
    with Redis(options=("--maxmemory", "100mb", "--appendonly", "yes")) as careful:
        found = examined(tmp_path, 0, REDIS_URL=careful.url)
    assert states(found, "disk", "clock's source") == {"ok"}
    assert examined(tmp_path, 1, REDIS_URL=f"redis://:s3cret@{NOWHERE}/0")["Redis"]["state"] == "fail"


def test_a_redis_that_takes_no_writes_or_wants_a_password(
    own_servers: None, redis: Redis, tmp_path: Path
) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    with Redis(options=("--replicaof", "127.0.0.1", str(redis.port))) as replica:
        found = examined(tmp_path, 1, REDIS_URL=replica.url)
    assert (found["Redis's writes"]["state"], "replica" in found["Redis's writes"]["told"]) == ("fail", True)
    with Redis() as closed:
        with redis_client.Redis.from_url(closed.url) as client:
            client.config_set("requirepass", "s3cret")
        found = examined(tmp_path, 1, REDIS_URL=closed.url)
        assert found["Redis"]["told"].startswith("it wants a password")
        done = run(tmp_path, "serve", REDIS_URL=closed.url)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(b"aiochat: Redis can't be used: it wants a password")


def test_a_full_redis(own_servers: None, tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    with Redis(options=("--maxmemory", "100kb", "--maxmemory-policy", "noeviction")) as full:
        found = examined(tmp_path, 1, REDIS_URL=full.url)["Redis's writes"]
    assert (found["state"], "maxmemory" in found["told"]) == ("fail", True)


def test_a_postgresql_of_others(postgres: Postgres, tmp_path: Path) -> None:
    """It takes no writes, or few connections; a newer program has migrated it, by a clock that was ahead."""
    name = unique("others")
    url = postgres.create_database(name)
    assert run(tmp_path, "migrate", DATABASE_URL=url).returncode == 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO _yoyo_migration (migration_hash, migration_id, applied_at_utc) "
            "VALUES ('x', '9999_of_tomorrow', now())"
        )
        connection.execute(
            "INSERT INTO rooms (name, slug, kind, topic, created_at, last_seq, posts, cleared_seq, "
            "cleared_number) VALUES ('a', 'a', 'open', '', 1, 1, 1, 0, 0)"
        )
        connection.execute(
            "INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, nonce, text, at) "
            "SELECT id, 1, 1, 1, 'post', 1, 'n', 'hello', 1000 * extract(epoch FROM now() + '1 h') FROM rooms"
        )
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 20".encode())
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    found = examined(tmp_path, 1, DATABASE_URL=url)
    assert found["writes"]["state"] == "fail"
    assert [found[one]["state"] for one in ("connections", "database's version", "times")] == ["warn"] * 3
    assert "9999_of_tomorrow" in found["database's version"]["told"]
    assert "in the future" in found["times"]["told"]
    assert [found[one]["state"] for one in ("collation", "bloat", "bloat of indexes")] == ["ok"] * 3
    postgres.drop_database(name)


def test_an_sqlite_that_a_newer_program_has_migrated(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    with closing(sqlite3.connect(tmp_path / "data" / "aiochat.db")) as connection, connection:
        connection.execute(
            "INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '9999_of_tomorrow')"
        )
    found = examined(tmp_path, 0)
    assert found["database's version"]["state"] == "warn"
    assert [found[one]["state"] for one in ("file system", "writes", "times", "bloat")] == ["ok"] * 4


async def test_the_mail_server_greets_and_gets_no_mail(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    async with mailbox() as box:
        found = await asyncio.to_thread(examined, tmp_path, 0, SMTP_URL=box.url)
        assert found["mail"]["state"] == "ok"
        assert box.mails == {}
    found = examined(tmp_path, 1, SMTP_URL=f"smtp://me:s3cret@{NOWHERE}?starttls=off")
    assert found["mail"]["state"] == "fail"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://127.0.0.1:1"])
def test_an_address_at_which_nobody_is(tmp_path: Path, url: str) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    assert examined(tmp_path, 1, PUBLIC_URL=url)["public URL"]["state"] == "fail"
