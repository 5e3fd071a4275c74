"""The environment of a measurement: running servers and guests."""

import contextlib
import os
from dataclasses import dataclass

from bench.clients.dialects import Dialect
from bench.clients.guests import Guest
from bench.processes import Usage, memory_kb, usage
from tests.support.servers import Postgres, Redis, Server


@dataclass(frozen=True)
class Cores:
    """The cores of the servers and of the generator. They are the same if there is only one, or
    with several workers."""

    servers: set[int]
    generator: set[int]

    @property
    def are_apart(self) -> bool:
        return not self.servers & self.generator


def divide_cores(workers: int) -> Cores:
    """Returns one core for the servers and one for the generator. Several workers get all cores."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1 or workers > 1:
        return Cores(set(cores), set(cores))
    return Cores({cores[0]}, {cores[1]})


@dataclass
class Stage:
    """`main` names the servers that hold the connections. `system` is the name of the whole setup
    in tables."""

    system: str
    main: str
    is_peer: bool
    guests: list[Guest]
    dialect: Dialect
    servers: dict[str, list[Server]]
    cores: Cores

    def usage(self) -> Usage:
        return usage({name: [server.pid for server in servers] for name, servers in self.servers.items()})

    def memory_kb(self) -> dict[str, int]:
        """Returns the memory of the servers by name."""
        return {name: memory_kb(server.pid for server in servers) for name, servers in self.servers.items()}


class Services:
    """PostgreSQL and Redis, started on demand and reused by later measurements. Instances that were
    passed in aren't stopped."""

    def __init__(self, postgres: Postgres | None = None, redis: Redis | None = None) -> None:
        self._stack = contextlib.ExitStack()
        self._postgres = postgres
        self._redis = redis

    def __enter__(self) -> "Services":
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    @property
    def postgres(self) -> Postgres:
        if self._postgres is None:
            self._postgres = self._stack.enter_context(Postgres())
        return self._postgres

    @property
    def redis(self) -> Redis:
        if self._redis is None:
            self._redis = self._stack.enter_context(Redis())
        return self._redis
