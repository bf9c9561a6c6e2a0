"""Where the core gets the time and what stands elsewhere."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Give the present moment, aware and in UTC."""

Fetch = Callable[[str], bytes]
"""Give what stands at a URL or in a file; raise TemporaryFailure or PermanentFailure."""
