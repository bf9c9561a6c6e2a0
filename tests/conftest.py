"""Settings for all tests."""

import os

from hypothesis import settings

# A slow machine is no fault of the code. Where CI is set, hypothesis takes its own profile, which draws the
# same examples every time.
settings.register_profile("here", deadline=None)
if not os.environ.get("CI"):
    settings.load_profile("here")
