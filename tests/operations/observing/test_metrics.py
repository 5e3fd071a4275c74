"""What Prometheus is told of a running site: by one process, by a supervisor for its workers, and by one
of several units for all. The dashboard and the alert rules name what there is."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

import app  # noqa: F401 - all measures are declared
from helpers.observing.measures import MEASURES
from helpers.observing.serving import WORKERS
from tests.conftest import LIMITS_OFF, server_env, unique
from tests.operations.workers.test_supervisor import _run
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.servers.process import free_port
from tests.support.wire.raw_http import cookie_of, request

ROOT = Path(__file__).parents[3]

Values = dict[str, dict[frozenset[tuple[str, str]], float]]


async def _told(place: str) -> Values:
    """The values of each series, by its labels."""
    unix = place.removeprefix("unix:") if place.startswith("unix:") else None
    connector = aiohttp.UnixConnector(unix) if unix else None
    url = "http://metrics" if unix else f"http://{place}"
    found: Values = {}
    async with aiohttp.ClientSession(connector=connector) as http, http.get(f"{url}/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = await answer.text()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


def _sum(values: Values, name: str, **labels: str) -> float:
    return sum(value for found, value in values.get(name, {}).items() if set(labels.items()) <= set(found))


async def _workers(place: str, count: int) -> Values:
    """Waits until so many processes are told of."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                if _sum(values := await _told(place), WORKERS) == count:
                    return values
            await asyncio.sleep(0.05)


@pytest.fixture
async def at_work() -> AsyncIterator[list[Person]]:
    people: list[Person] = []
    yield people
    for person in people:
        await person.close()


@pytest.fixture(scope="module")
def told(own_servers: None) -> Iterator[tuple[Aiochat, str]]:
    place = f"127.0.0.1:{free_port()}"
    with Aiochat(env={**LIMITS_OFF, "AIOCHAT_METRICS": place}) as server:
        yield server, place


async def test_what_happens_is_counted(told: tuple[Aiochat, str], at_work: list[Person]) -> None:
    server, place = told
    at_work.append(alice := await Person(server.url, unique("alice")).joins())
    room = unique("Room")
    await alice.creates(room)
    before = await _told(place)
    listener = await alice.enters(room)
    for number in range(5):
        await listener.says(f"line {number}")
    refused = await request(server.url, "POST", "/rooms", cookie=cookie_of(alice), body=b"name=x")
    assert refused.status == 403
    async with alice.http.get("/rooms/nowhere-at-all") as answer:
        assert answer.status == 404
    after = await _told(place)

    def grew(name: str, **labels: str) -> float:
        return _sum(after, name, **labels) - _sum(before, name, **labels)

    assert grew("aiochat_events_stored_total") >= 5
    assert grew("aiochat_commit_seconds_count") >= 1
    assert grew("aiochat_delivery_seconds_count") >= 1
    assert grew("aiochat_database_seconds_count") >= 5
    assert grew("aiochat_http_answers_total", status="404") == 1
    assert grew("aiochat_http_answers_total", status="403") == 1
    assert grew("aiochat_refusals_total") >= 1
    assert grew("aiochat_sockets", kind="room") == 1
    assert grew("aiochat_connected_people") == 1
    assert _sum(after, "aiochat_connections") >= 1
    assert _sum(after, "aiochat_sessions") >= 1
    assert _sum(after, "aiochat_memory_bytes") > 10_000_000
    assert _sum(after, WORKERS) == 1
    assert not _sum(after, "aiochat_failed_readings_total")
    text = str(after)
    assert room not in text
    assert alice.name not in text


async def test_nothing_else_is_there_and_no_page_of_the_site_has_it(told: tuple[Aiochat, str]) -> None:
    server, place = told
    async with aiohttp.ClientSession() as http:
        for url, status in (
            (f"http://{place}/", 404),
            (f"http://{place}/rooms", 404),
            (f"{server.url}/metrics", 404),
        ):
            async with http.get(url) as answer:
                assert answer.status == status
        async with http.post(f"http://{place}/metrics", data=b"x") as answer:
            assert answer.status == 405


async def test_many_who_ask_wait_for_each_other(told: tuple[Aiochat, str]) -> None:
    found = await asyncio.gather(*(_told(told[1]) for _ in range(30)))
    assert all(_sum(values, WORKERS) == 1 for values in found)


async def test_a_supervisor_answers_for_its_workers(
    postgres: Postgres, redis: Redis, at_work: list[Person]
) -> None:
    place = f"127.0.0.1:{free_port()}"
    env = {**server_env(postgres, redis, unique("metrics")), "AIOCHAT_METRICS": place}
    with Aiochat(env=env, arguments=("serve", "--migrate", "--workers", "2")) as server:
        values = await _workers(place, 2)
        assert {dict(labels)["worker"] for labels in values["aiochat_memory_bytes"]} == {"1", "2"}
        at_work.append(alice := await Person(server.url, unique("alice")).joins())
        await alice.creates(room := unique("Room"))
        listener = await alice.enters(room)
        await listener.says("counted by one of them")
        values = await _told(place)
        assert _sum(values, "aiochat_sockets", kind="room") == 1
        assert _sum(values, "aiochat_events_stored_total") >= 1
        assert _sum(values, "aiochat_redis_seconds_count") >= 1
        assert len(values["aiochat_mails_waiting"]) == 1, "of the site, told once"


async def test_one_of_several_units_answers_for_all(postgres: Postgres, redis: Redis, tmp_path: Path) -> None:
    """As with the shipped units, whose sockets have a folder in common."""
    place = f"unix:{tmp_path / 'metrics.sock'}"
    shared = {**server_env(postgres, redis, unique("units")), "AIOCHAT_METRICS": place}

    def unit(name: str) -> Aiochat:
        own = {"AIOCHAT_TRUST_PROXY": "1", "AIOCHAT_SOCKET": str(tmp_path / f"{name}.sock")}
        return Aiochat(env={**shared, **own})

    with unit("8081") as one:
        await _workers(place, 1)
        with unit("8082"):
            values = await _workers(place, 2)
            assert {dict(labels)["worker"] for labels in values["aiochat_memory_bytes"]} == {"8081", "8082"}
            one.kill()
            values = await _workers(place, 1)
            assert {dict(labels)["worker"] for labels in values["aiochat_memory_bytes"]} == {"8082"}
            one.start()
            await _workers(place, 2)


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("9180", "must be like 127.0.0.1:9180"),
        ("127.0.0.1:0", "a port that isn't from 1 to 65535"),
        ("127.0.0.1:99999999999999999999", "a port that isn't from 1 to 65535"),
        ("127.0.0.1:١٢٣", "must be like 127.0.0.1:9180"),
        ("http://127.0.0.1:9180", "must be like 127.0.0.1:9180"),
        ("unix:metrics.sock", "must be unix: and an absolute path"),
        (f"unix:/{'x' * 107}", "must be unix: and an absolute path of at most 107 bytes"),
        ("unix:/no/such/folder/metrics.sock", "can't answer at unix:/no/such/folder/metrics.sock"),
        ("192.0.2.1:9180", "can't answer at 192.0.2.1:9180"),
    ],
)
def test_a_wrong_place_is_said(tmp_path: Path, place: str, why: str) -> None:
    done = _run(tmp_path, AIOCHAT_METRICS=place)
    assert done.returncode != 0
    assert why in done.stderr
    assert "AIOCHAT_METRICS" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_place_that_is_taken_is_said(told: tuple[Aiochat, str], tmp_path: Path) -> None:
    done = _run(tmp_path, AIOCHAT_METRICS=told[1])
    assert done.returncode == 1
    assert f"can't answer at {told[1]} (" in done.stderr


def test_a_socket_whose_name_leaves_no_room_for_another_is_said(tmp_path: Path) -> None:
    socket = f"{tmp_path}/{'x' * (107 - len(str(tmp_path)) - 1)}"
    others = {"AIOCHAT_TRUST_PROXY": "1", "AIOCHAT_METRICS": f"127.0.0.1:{free_port()}"}
    done = _run(tmp_path, AIOCHAT_SOCKET=socket, **others)
    assert done.returncode == 1
    assert f"aiochat: can't answer at {socket}-metrics (" in done.stderr
    assert "Traceback" not in done.stderr


def _series() -> set[str]:
    known = {WORKERS}
    for name, measure in MEASURES.items():
        known |= (
            {f"{name}_{end}" for end in ("bucket", "sum", "count")} if measure.kind == "histogram" else {name}
        )
    return known


@pytest.mark.parametrize("name", ["grafana-dashboard.json", "prometheus-rules.yml"])
def test_what_is_asked_of_prometheus_is_there(name: str) -> None:
    text = (ROOT / "deploy" / name).read_text()
    asked = set(re.findall(r"\baiochat_\w+", text))
    assert asked
    assert asked <= _series(), asked - _series()


def test_the_dashboard_is_one() -> None:
    board = json.loads((ROOT / "deploy" / "grafana-dashboard.json").read_text())
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in panels:
        assert panel["title"]
        assert panel["datasource"]["uid"] == "${source}"
        assert all(target["expr"] for target in panel["targets"])
    assert [one["name"] for one in board["templating"]["list"]] == ["source", "job"]
