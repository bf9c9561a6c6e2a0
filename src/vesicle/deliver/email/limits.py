"""The limits of a channel, shared by all of its connections: of each server, and of each recipient domain."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from vesicle.deliver.email.options import Options
from vesicle.deliver.email.pace import Pace
from vesicle.model.meter import Meter
from vesicle.ports import Clock, Desk, Meters

# Many connections are told the same at once, and it takes a while to show: it is one wish.
_BETWEEN_HALVINGS = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Whether a mail may go out: at once where *wait* (seconds) is 0; *reason* says what it waits for."""

    wait: float = 0.0
    reason: str = ""
    is_day: bool = False
    is_domain: bool = False


_GO = Leave()


class Limits:
    """Asks the limits for every mail. Safe with threads."""

    def __init__(self, options: Options, desk: Desk) -> None:
        self._servers = {
            name: _Limit(
                f"{desk.name}/server/{name}",
                Pace(rate=server.rate, per_day=server.per_day, warm_up=server.warm_up),
                desk.meters,
                desk.clock,
            )
            for name, server in options.each().items()
        }
        self._domains = {
            domain.lower(): _Limit(
                f"{desk.name}/domain/{domain.lower()}", Pace(rate=rate), desk.meters, desk.clock
            )
            for domain, rate in options.domains.items()
        }
        self._lingering: set[str] = set()
        self._lock = Lock()

    def ask(self, server: str, domain: str) -> Leave:
        """Tell whether one mail for *domain* may go through *server* now; it is counted where it may."""
        limit = self._domains.get(domain)
        if limit and (wait := limit.ask().wait):
            reason = f"no more than {limit.pace.rate:g} mails a second go to {domain}"
            return Leave(wait=wait, reason=reason, is_domain=True)
        leave = self._servers[server].ask()
        if leave.wait and limit:
            limit.put_back()
        if leave.is_day:
            return Leave(wait=leave.wait, is_day=True, reason=self._spent(server))
        return leave

    def linger(self, domain: str, wait: float, *, at_most: float) -> bool:
        """Let one connection wait for *domain*, and only *at_most* seconds; others have others to serve."""
        with self._lock:
            if wait > at_most or domain in self._lingering:
                return False
            self._lingering.add(domain)
            return True

    def leave(self, domain: str) -> None:
        """End the waiting for *domain*."""
        with self._lock:
            self._lingering.discard(domain)

    def turn(self, domain: str) -> timedelta:
        """Give in how long the turn comes of one more that waits for *domain*, behind all others."""
        return self._domains[domain].turn()

    def slower(self, server: str) -> None:
        """Use half of the rate of a server that asked for less."""
        self._servers[server].slower()

    def unused(self, server: str) -> None:
        """Take back what was counted for a mail that does not go through *server* after all."""
        self._servers[server].put_back()

    def close(self) -> None:
        """Give the rest of what was granted back to the caps of the day."""
        for limit in (*self._servers.values(), *self._domains.values()):
            limit.close()

    def _spent(self, server: str) -> str:
        cap = self._servers[server].cap()
        return f"the {cap} mails of this day (UTC) for {server} are sent; the rest waits for the next day"


class _Limit:
    """One meter: blocks of mails are granted by it, and used up here one by one."""

    def __init__(self, name: str, pace: Pace, meters: Meters, clock: Clock) -> None:
        self.pace = pace
        self._name = name
        self._meters = meters
        self._clock = clock
        self._lock = Lock()
        self._left = 0
        self._day = clock().date()
        self._is_free: bool | None = None
        self._halved_at: datetime | None = None
        self._queue_ends: datetime | None = None

    def cap(self) -> int | None:
        """Give the cap of the present day."""
        return self.pace.cap(self._clock().date())

    def ask(self) -> Leave:
        if self._is_free:
            return _GO
        with self._lock:
            now = self._clock()
            if self._is_free is None:
                self._is_free = self._meters.change(self._name, self._look(now))
            if self._is_free:
                return _GO
            if self._left and now.date() == self._day:
                self._left -= 1
                return _GO
            grant = self._meters.change(self._name, lambda meter: self.pace.reserve(meter, now))
            self._day = now.date()
            self._left = max(grant.count - 1, 0)
            if grant.count:
                return _GO
            return Leave(wait=max(grant.wait.total_seconds(), 0.001), is_day=grant.is_day)

    def put_back(self) -> None:
        with self._lock:
            self._left += not self._is_free

    def turn(self) -> timedelta:
        with self._lock:
            now = self._clock()
            step = timedelta(seconds=1 / self.pace.rate)
            self._queue_ends = max(self._queue_ends or now, now) + step
            return self._queue_ends - now

    def slower(self) -> None:
        with self._lock:
            now = self._clock()
            if self._halved_at is None or abs(now - self._halved_at) >= _BETWEEN_HALVINGS:
                self._halved_at = now
                self._meters.change(self._name, lambda meter: self.pace.halved(meter, now))
                self._is_free = False
                self._left = 0

    def close(self) -> None:
        with self._lock:
            unused, self._left, self._is_free = self._left, 0, None
            if unused:
                now = self._clock()
                self._meters.change(self._name, lambda meter: self.pace.returned(meter, now, count=unused))

    def _look(self, now: datetime) -> Callable[[Meter | None], tuple[Meter, bool]]:
        def look(meter: Meter | None) -> tuple[Meter, bool]:
            return meter or Meter(free_at=now, day=now.date()), self.pace.is_free(meter)

        return look
