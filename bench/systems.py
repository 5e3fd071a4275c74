"""The measured systems: aiochat in one of its setups, or a peer."""

import asyncio
import contextlib
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bench.clients.dialects import Aiochat as AiochatDialect
from bench.clients.guests import Address, Seats
from bench.processes import pin
from bench.seed import seed
from bench.stage import Cores, Services, Stage
from helpers.db.migrations import migrate
from settings import ROOT
from tests.support.servers import Aiochat, Nginx, Server, free_port

DATABASES = ("sqlite", "postgresql", "postgresql+redis", "postgresql+aiopg", "postgresql+aiopg+redis")


class System(ABC):
    """Servers that are measured together."""

    is_peer: bool
    workers: int

    @property
    @abstractmethod
    def label(self) -> str:
        """The name in tables."""

    @abstractmethod
    def problem(self) -> str | None:
        """Returns why this can't be measured, or None."""

    @abstractmethod
    def open(
        self, seats: Seats, posts: Sequence[int], services: Services, cores: Cores
    ) -> AbstractContextManager[Stage]:
        """Starts the system with the given number of `posts` in each room. Everything is stopped
        when the block ends."""


@dataclass(frozen=True)
class Setup(System):
    """A setup of aiochat: database, number of workers, with or without nginx."""

    database: str = "sqlite"
    workers: int = 1
    nginx: bool = False
    mixed: bool = False
    """With several workers: is each room used through all of them, and not through one each as
    behind nginx?"""
    is_peer = False

    @property
    def label(self) -> str:
        workers = f", {self.workers} workers{' mixed' if self.mixed else ''}" if self.workers > 1 else ""
        return f"aiochat, {self.database}{workers}{', nginx' if self.nginx else ''}"

    @property
    def has_redis(self) -> bool:
        return self.database.endswith("+redis")

    def problem(self) -> str | None:
        if self.workers > 1 and not self.has_redis:
            return "several workers need PostgreSQL and Redis: --database postgresql+redis"
        return None

    @contextlib.contextmanager
    def open(self, seats: Seats, posts: Sequence[int], services: Services, cores: Cores) -> Iterator[Stage]:
        """Starts new workers on a new database, which is dropped afterwards."""
        with contextlib.ExitStack() as stack:
            workers = [Aiochat(arguments=["serve"]) for _ in range(self.workers)]
            for worker in workers:
                stack.callback(worker.close)
            servers: dict[str, list[Server]] = {"aiochat": [*workers]}
            database_url, redis_url = f"sqlite:///{workers[0].folder}/aiochat.db", ""
            if self.database != "sqlite":
                name = f"bench_{secrets.token_hex(4)}"
                services.postgres.create_database(name)
                database_url = services.postgres.local_url(name)
                stack.callback(services.postgres.drop_database, name)
                servers["postgres"] = [services.postgres]
                if "+aiopg" in self.database:
                    database_url = database_url.replace("postgresql:", "postgresql+aiopg:", 1)
            if self.has_redis:
                redis_url = services.redis.url
                servers["redis"] = [services.redis]
            addresses = [Address(worker.port, worker.url) for worker in workers]
            sockets = [worker.folder / "worker.sock" for worker in workers]
            front = Nginx(sockets, port=free_port()) if self.nginx else None
            if front is not None:
                stack.callback(front.close)
                addresses = [Address(front.port, front.url)]
                servers["nginx"] = [front]
            for worker, path in zip(workers, sockets, strict=True):
                worker.env = {
                    "AIOCHAT_DATABASE_URL": database_url,
                    "AIOCHAT_REDIS_URL": redis_url,
                    "AIOCHAT_RATE_LIMITS": "off",
                    "AIOCHAT_CONNECTIONS": "0",
                }
                if front is not None:
                    worker.env |= {
                        "AIOCHAT_PUBLIC_URL": front.url,
                        "AIOCHAT_TRUST_PROXY": "1",
                        "AIOCHAT_SOCKET": str(path),
                    }
            migrate(database_url, ROOT / "migrations")
            tokens = asyncio.run(seed(seats, posts, database_url, redis_url))
            for server in (*workers, *([front] if front else [])):
                server.start()
            pin((server.pid for group in servers.values() for server in group), cores.servers)
            guests = [
                seats.guest(place, token, addresses, mixed=self.mixed) for place, token in enumerate(tokens)
            ]
            yield Stage(self.label, "aiochat", False, guests, AiochatDialect(), servers, cores)
