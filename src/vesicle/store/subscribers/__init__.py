"""The people on the list, in a database."""

from vesicle.store.subscribers.importing import Rehearsal, SqlImport
from vesicle.store.subscribers.sql import SqlSubscribers

__all__ = ["Rehearsal", "SqlImport", "SqlSubscribers"]
