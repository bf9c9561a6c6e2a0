"""How often one network may send something, as far as this process remembers."""

from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from vesicle.text.networks import network


class Limits:
    """A bucket for each network (/24, /48) that refills at *per_minute* and holds as many.

    The *most* networks that came last are remembered: an attacker from many cannot fill the memory. Who has
    no address shares one bucket.
    """

    def __init__(self, per_minute: int, *, seconds: Callable[[], float], most: int = 50_000) -> None:
        self._rate = per_minute / 60
        self._size = float(per_minute)
        self._seconds = seconds
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, host: str) -> int:
        """Take from the bucket of *host*: 0, or the whole seconds to wait until there is something in it."""
        name, now = network(host), self._seconds()
        level, at = self._buckets.pop(name, (self._size, now))
        level = min(self._size, level + max(0.0, now - at) * self._rate)
        wait = 0 if level >= 1 else ceil((1 - level) / self._rate)
        self._buckets[name] = (level if wait else level - 1, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait
