"""Maps channels to Redis servers: the only one, or, in a cluster, the owner of the channel's
slot."""

import random
from typing import Any

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import RedisError, ResponseError

from helpers.redis.link import Access, Address

CLUSTER = "+cluster"
UNKNOWN = Address("")


class SlotMap:
    """The known owners of channels."""

    def __init__(self, url: str) -> None:
        self.is_cluster = CLUSTER in url.partition(":")[0]
        urls = _urls_of_seeds(url) if self.is_cluster else [url]
        self.access = Access(urls[0])
        self._seeds = [Access(seed).home for seed in urls]
        self._owners: list[Address] = [UNKNOWN] * REDIS_CLUSTER_HASH_SLOTS
        self._moved_to = UNKNOWN

    @property
    def addresses(self) -> list[Address]:
        """The servers that own slots."""
        return sorted(set(self._owners) - {UNKNOWN}, key=str) if self.is_cluster else self._seeds

    @property
    def candidates(self) -> list[Address]:
        """The servers to ask for the cluster's map: the target of the last MOVED, then the known
        owners in random order, then the servers in the settings. The order is random since one of
        them may be isolated and have an old map."""
        known = self.addresses
        moved = [self._moved_to] if self._moved_to in known else []
        return list(dict.fromkeys([*moved, *random.sample(known, len(known)), *self._seeds]))

    def owner(self, channel: bytes) -> Address:
        """Returns the channel's owner; UNKNOWN if none is known."""
        return self._owners[key_slot(channel)] if self.is_cluster else self._seeds[0]

    def move(self, slot: int, address: Address) -> None:
        """Records that a server reported the slot's move."""
        self._owners[slot] = self._moved_to = address

    def take(self, answer: Any, asked: Address) -> None:
        """Parses the response of `asked` to CLUSTER SLOTS. Raises RedisError if it is invalid."""
        owners = [UNKNOWN] * REDIS_CLUSTER_HASH_SLOTS
        try:
            for first, last, (host, port, *_), *_ in answer:
                # A server that doesn't know its own name is reached at the address that was asked.
                address = Address((host or b"").decode() or asked.host, port)
                owners[first : last + 1] = [address] * (last + 1 - first)
        except (TypeError, ValueError) as error:
            raise RedisError(f"{asked} gives no map of a cluster") from error
        self._owners, self._moved_to = owners, UNKNOWN


def moved_to(error: ResponseError) -> tuple[int, Address] | None:
    """Parses `MOVED slot host:port` into the slot and its new owner. None for other errors."""
    words = str(error).split()
    if len(words) != 3 or words[0] != "MOVED":
        return None
    host, _, port = words[2].rpartition(":")
    return (int(words[1]), Address(host, int(port))) if host else None


def _urls_of_seeds(url: str) -> list[str]:
    """Splits `redis+cluster://name:password@a:1,b:2?x=y` into redis://name:password@a:1?x=y and
    redis://name:password@b:2?x=y."""
    scheme, _, rest = url.partition("://")
    network, question, query = rest.partition("?")
    login, at, hosts = network.rstrip("/").rpartition("@")
    return [
        f"{scheme.removesuffix(CLUSTER)}://{login}{at}{host}{question}{query}" for host in hosts.split(",")
    ]
