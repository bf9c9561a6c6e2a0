"""The figures of the daemon as Prometheus reads them (text format 0.0.4)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client.registry import Collector

from vesicle.model.figures import Figures
from vesicle.model.pulse import Pulse
from vesicle.ports import Clock

__all__ = ["CONTENT_TYPE", "metrics"]


def metrics(read: Callable[[], Figures], clock: Clock) -> Callable[[], bytes]:
    """Give what writes all metrics: ours, and the memory and CPU of this process.

    The registry is our own: the one that the library keeps for the whole process stays empty.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Ours(read, clock))
    ProcessCollector(registry=registry)
    return lambda: generate_latest(registry)


class _Ours(Collector):
    """Turns figures into metrics whenever somebody asks; nothing is kept in between."""

    def __init__(self, read: Callable[[], Figures], clock: Clock) -> None:
        self._read = read
        self._clock = clock

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: that would be the first scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its values."""
        figures = self._read()
        yield from _life(figures.pulse, self._clock())
        yield from _lanes(figures.pulse)
        yield from _work(figures)


def _life(pulse: Pulse, now: datetime) -> Iterator[Metric]:
    yield _gauge("up", "1 while the daemon does something, else 0.", float(pulse.is_alive(now)))
    yield _gauge(
        "last_tick_failed", "1 where the last tick ended with an error.", float(bool(pulse.last_error))
    )
    yield _gauge("config_generation", "How often the configuration was read.", pulse.generation)
    for name, words, at in (
        ("started", "When the daemon started.", pulse.started),
        ("last_tick", "When a tick last ended.", pulse.last_tick),
        ("last_good_tick", "When a tick last ended without an error.", pulse.last_good_tick),
    ):
        if at:
            yield _gauge(f"{name}_timestamp_seconds", words, at.timestamp())


def _lanes(pulse: Pulse) -> Iterator[Metric]:
    lanes = pulse.lanes
    opened = {name: lane.open_slots for name, lane in lanes.items()}
    looked = {name: lane.last_look.timestamp() for name, lane in lanes.items() if lane.last_look}
    following = {name: lane.next_slot.timestamp() for name, lane in lanes.items() if lane.next_slot}
    yield _labelled("slots_open", "Slots that are due and not done.", "lane", opened)
    yield _labelled("last_look_timestamp_seconds", "When each lane last looked.", "lane", looked)
    yield _labelled(
        "next_slot_timestamp_seconds", "When the next slot of each lane is due.", "lane", following
    )


def _work(figures: Figures) -> Iterator[Metric]:
    sources = {name: at.timestamp() for name, at in figures.sources.items()}
    ended = CounterMetricFamily(
        "vesicle_deliveries", "Deliveries that this process has ended.", labels=("channel", "state")
    )
    for (channel, state), number in sorted(figures.ended.items()):
        ended.add_metric((channel, state.value), number)
    yield ended
    slots = CounterMetricFamily("vesicle_slots", "Slots by how they ended.", labels=("state",))
    for ending, number in sorted(figures.slots.items()):
        slots.add_metric((ending,), number)
    yield slots
    yield _labelled(
        "source_success_timestamp_seconds", "When each source last ran to its end.", "source", sources
    )
    yield _gauge("database_bytes", "Size of the database.", figures.database_bytes)
    yield _gauge("disk_free_bytes", "What the disk of the database still takes.", figures.free_bytes)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"vesicle_{name}", words, value=value)


def _labelled(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"vesicle_{name}", words, labels=(label,))
    for one, value in sorted(values.items()):
        family.add_metric((one,), value)
    return family
