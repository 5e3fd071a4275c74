"""Limits that all processes of a site share, in Redis: as in helpers/limits.py. Each question is one
script, so one round trip."""

import secrets
from collections.abc import Callable

from redis.asyncio import Redis

from helpers.limits import (
    CHECK_SECONDS,
    GUESS_WINDOW_SECONDS,
    MAX_DELAY_SECONDS,
    Attempt,
    GuessLimiter,
    Limiter,
    LocalGuessLimiter,
    LocalLimiter,
    Rule,
    Target,
    Unlimited,
)

_TAKE = """
local rate, burst, tokens = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local kept = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = math.min(burst, (tonumber(kept[1]) or burst) + (now - (tonumber(kept[2]) or now)) * rate)
tokens = math.min(tokens, burst)
if level < tokens then return tostring((tokens - level) / rate) end
redis.call('HSET', KEYS[1], 'level', tostring(level - tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(1000 * burst / rate))
return '0'
"""

_BEGIN = """
local count = #KEYS / 2
local wait, delay = 0, 0
for place = 1, count do wait = math.max(wait, redis.call('PTTL', KEYS[place])) end
if wait > 0 then return {wait, 0} end
for place = 1, count do
    local over = tonumber(redis.call('GET', KEYS[count + place]) or 0) - tonumber(ARGV[3 + place])
    if over >= 0 then delay = math.max(delay, math.min(tonumber(ARGV[2]), 1000 * 2 ^ math.min(over, 10))) end
end
for place = 1, count do redis.call('SET', KEYS[place], ARGV[1], 'PX', delay + tonumber(ARGV[3])) end
return {0, delay}
"""

_END = """
local count = #KEYS / 2
for place = 1, count do
    if redis.call('GET', KEYS[place]) == ARGV[1] then redis.call('DEL', KEYS[place]) end
    if ARGV[2 + place] == 'failed' then
        redis.call('INCR', KEYS[count + place])
        redis.call('EXPIRE', KEYS[count + place], ARGV[2])
    elseif ARGV[2 + place] == 'forget' then
        redis.call('DEL', KEYS[count + place])
    end
end
"""


class RedisLimiter:
    """`prefix` gives the beginning of all names of the site, which is known later."""

    def __init__(self, redis: "Redis", prefix: Callable[[], str]) -> None:
        self._prefix = prefix
        self._take = redis.register_script(_TAKE)

    async def take(self, rule: Rule, key: str, tokens: float = 1) -> float:
        name = f"{self._prefix()}limit:{rule.name}:{key}"
        return float(await self._take(keys=[name], args=[rule.rate, rule.burst, tokens]))


class RedisGuessLimiter:
    def __init__(self, redis: "Redis", prefix: Callable[[], str]) -> None:
        self._prefix = prefix
        self._begin = redis.register_script(_BEGIN)
        self._end = redis.register_script(_END)

    def _names(self, targets: tuple[Target, ...]) -> list[str]:
        prefix = self._prefix()
        kinds = ("guess:", "guessed:")
        return [f"{prefix}{kind}{target.key}" for kind in kinds for target in targets]

    async def begin(self, *targets: Target) -> Attempt:
        token = secrets.token_hex(8)
        bounds = [round(1000 * MAX_DELAY_SECONDS), round(1000 * CHECK_SECONDS)]
        wait, delay = await self._begin(
            keys=self._names(targets), args=[token, *bounds, *(target.free for target in targets)]
        )
        return Attempt(targets, token, delay / 1000, wait / 1000)

    async def end(self, attempt: Attempt, *, right: bool | None) -> None:
        outcomes = [
            "failed" if right is False else "forget" if right and target.forgiving else ""
            for target in attempt.targets
        ]
        await self._end(
            keys=self._names(attempt.targets), args=[attempt.token, GUESS_WINDOW_SECONDS, *outcomes]
        )


def make_limiters(
    redis: "Redis | None", prefix: Callable[[], str], *, limited: bool
) -> tuple[Limiter, GuessLimiter]:
    """Those of the site: in Redis, or in this process, if it is the only one."""
    guesses: GuessLimiter = LocalGuessLimiter() if redis is None else RedisGuessLimiter(redis, prefix)
    if not limited:
        return Unlimited(), guesses
    return LocalLimiter() if redis is None else RedisLimiter(redis, prefix), guesses
