"""A Redis of its own, which keeps nothing, and a Redis Cluster."""

import contextlib
import socket
import time
from typing import Any, Self

import redis
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from tests.support.servers.process import POLL_SECONDS, Server, ServerError, free_port, program_path


class Redis(Server):
    """Redis without persistence: a restart comes up empty. `options` are further settings, like
    `("--requirepass", "x")`."""

    name = "Redis"

    def __init__(self, *, port: int | None = None, options: tuple[str, ...] = ()) -> None:
        super().__init__(port=port)
        self.options = options

    @property
    def url(self) -> str:
        return self.numbered(0)

    def numbered(self, number: int) -> str:
        """The address of one of the databases that the server has."""
        return f"redis://127.0.0.1:{self.port}/{number}"

    def _command(self) -> list[str]:
        return [
            *(
                program_path("redis-server"),
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--dir",
                str(self.folder),
            ),
            *("--save", "", "--appendonly", "no", "--daemonize", "no", "--databases", "1000", *self.options),
        ]

    def _is_ready(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            # With a password it says so.
            return connection.recv(16).startswith((b"+PONG", b"-NOAUTH"))


class RedisCluster:
    """A Redis Cluster of three nodes that share the slots evenly, and of replicas: one for each of
    the first `replicas` of them.

    A node that is killed and started again finds its place by its own file; the rest of its data is
    gone."""

    seconds = 20.0
    node_timeout_ms = 1000

    def __init__(self, replicas: int = 0) -> None:
        self.nodes = [Redis(options=self._options()) for _ in range(3 + replicas)]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            for node in self.nodes:
                stack.enter_context(node)
            self._join()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def owner(self, channel: str) -> Redis:
        """The node that owns the channel's slot, as the first living one sees it."""
        slot = key_slot(channel.encode())
        for first, last, (_, port, *_), *_ in self.ask(self._living(), "CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == port)
        raise ServerError(f"nobody owns slot {slot}")

    def move(self, channel: str, target: Redis) -> None:
        """Moves the slot of a channel from its owner to another node, as a resharding does."""
        slot, source = str(key_slot(channel.encode())), self.owner(channel)
        ids = {node: self.ask(node, "CLUSTER", "MYID") for node in (source, target)}
        self.ask(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
        self.ask(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
        for node in (target, source):
            self.ask(node, "CLUSTER", "SETSLOT", slot, "NODE", ids[target])

    def _options(self) -> tuple[str, ...]:
        # Not the port and 10000, which may be anybody's.
        timing = ("--cluster-node-timeout", str(self.node_timeout_ms), "--repl-diskless-sync-delay", "0")
        return ("--cluster-enabled", "yes", "--cluster-port", str(free_port()), *timing)

    def _join(self) -> None:
        masters, replicas = self.nodes[:3], self.nodes[3:]
        share = REDIS_CLUSTER_HASH_SLOTS / len(masters)
        for number, node in enumerate(masters):
            self.ask(node, "CLUSTER", "SET-CONFIG-EPOCH", str(number + 1))
            self.ask(
                node,
                "CLUSTER",
                "ADDSLOTSRANGE",
                str(round(number * share)),
                str(round((number + 1) * share) - 1),
            )
        for node in self.nodes[1:]:
            self.ask(self.nodes[0], "CLUSTER", "MEET", "127.0.0.1", str(node.port), node.options[3])
        self._wait(
            lambda: all(
                f"cluster_known_nodes:{len(self.nodes)}\r" in self.ask(node, "CLUSTER", "INFO")
                for node in self.nodes
            )
        )
        for master, replica in zip(masters, replicas, strict=False):
            self.ask(replica, "CLUSTER", "REPLICATE", self.ask(master, "CLUSTER", "MYID"))
        self._wait(
            lambda: all("cluster_state:ok\r" in self.ask(node, "CLUSTER", "INFO") for node in self.nodes)
        )
        self._wait(
            lambda: all(self.ask(replica, "INFO")["master_link_status"] == "up" for replica in replicas)
        )

    def _living(self) -> Redis:
        return next(node for node in self.nodes if node.running)

    def ask(self, node: Redis, *command: str) -> Any:
        """A node's answer to a command."""
        with redis.Redis(port=node.port, decode_responses=True) as client:
            return client.execute_command(*command)

    def _wait(self, true: Any) -> None:
        deadline = time.monotonic() + self.seconds
        while not true():
            if time.monotonic() > deadline:
                raise ServerError(
                    f"the Redis Cluster isn't ready within {self.seconds:g} s\n{self.nodes[0].tail()}"
                )
            time.sleep(POLL_SECONDS)
