"""One mail server as this process knows it: whether it works, and how to speak to it."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock

from vesicle.deliver.email.breaker import Breaker
from vesicle.deliver.email.opening import opened
from vesicle.deliver.email.options import Pipelining, Server
from vesicle.deliver.email.session import Session
from vesicle.model.errors import OutsideError, PermanentFailure
from vesicle.ports import Clock

_PLAINER: dict[Pipelining, Pipelining] = {"full": "envelope", "envelope": "off", "off": "off"}


class Relay:
    """Opens connections to one server, and remembers from one run to the next what came of it.

    Safe with threads. The first connection is opened alone, and accounts are tried one connection after
    the other, so that a login that is refused is not tried twice.
    """

    def __init__(self, name: str, server: Server, *, clock: Clock, final_timeout: float) -> None:
        self.name = name
        self.server = server
        self._clock = clock
        self._final_timeout = final_timeout
        self._pipelining = server.pipelining
        self._breaker = Breaker()
        self._spent: OutsideError | None = None
        self._lock = Lock()
        self._first = Lock()
        self._login = Lock()
        self._is_proven = False
        self._live = 0
        self._most = server.connections

    def begin_run(self) -> None:
        """Forget what belonged to the last run alone."""
        self._spent = None
        self._is_proven = False
        self._most = self.server.connections

    @property
    def error(self) -> OutsideError | None:
        """Give the reason why nothing may be sent through this server now, or None where it may."""
        if self._spent is not None:
            return self._spent
        return self._breaker.error if self.is_tripped else None

    @property
    def is_tripped(self) -> bool:
        """Tell whether the server is left alone because of what it said or did."""
        return self._breaker.until is not None and self._breaker.is_open(self._clock())

    @property
    def most(self) -> int:
        """Give how many connections may be open at once."""
        return self._most

    def open(self) -> Session:
        """Open a connection; raise OutsideError where that fails, or where the server is left alone."""
        with nullcontext() if self._is_proven else self._first:
            self._check()
            try:
                session = opened(
                    self.server,
                    pipelining=self._pipelining,
                    final_timeout=self._final_timeout,
                    login=self._turn() if self.server.username else None,
                )
            except OutsideError as error:
                self._not_opened(error)
                raise
            with self._lock:
                self._is_proven = True
                self._live += 1
            return session

    def closed(self) -> None:
        """Count a connection out."""
        with self._lock:
            self._live -= 1

    def trip(self, error: OutsideError) -> None:
        """Leave the server alone for a while."""
        with self._lock:
            self._breaker = self._breaker.tripped(error, self._clock())
            self._is_proven = False

    def fault(self, error: OutsideError) -> None:
        """Count a fault; several in a row, and the server is left alone."""
        with self._lock:
            self._breaker = self._breaker.faulted(error, self._clock())

    def worked(self) -> None:
        """Remember that a mail was accepted."""
        if self._breaker != Breaker():
            with self._lock:
                self._breaker = self._breaker.worked(self._clock())

    def spend(self, error: OutsideError) -> None:
        """Send no more in this run: the server's share of the day is spent."""
        self._spent = error

    def plainer(self, than: Pipelining) -> bool:
        """Pipeline less than *than* on new connections; False where there is nothing left to do without."""
        with self._lock:
            if than == self._pipelining:
                self._pipelining = _PLAINER[than]
            return than != "off"

    def _check(self) -> None:
        if self.is_tripped and (error := self._breaker.error):
            raise error

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let one log in at a time; whoever comes after a refusal is turned away before they try."""
        with self._login:
            self._check()
            try:
                yield
            except PermanentFailure as error:
                self.trip(error)
                raise

    def _not_opened(self, error: OutsideError) -> None:
        """Tell a server that is away or refuses us from one that has as many connections as it takes."""
        if self._live == 0 or isinstance(error, PermanentFailure):
            self.trip(error)
        else:
            self._most = self._live
