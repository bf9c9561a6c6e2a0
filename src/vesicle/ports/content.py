"""The content folder."""

from typing import Protocol

from vesicle.model.content import Content
from vesicle.model.issue import Issue
from vesicle.model.paper import (
    FiledPaper,
)


class ContentStore(Protocol):
    """The content folder."""

    def read(self) -> Content:
        """Read every file; what is broken becomes a problem, and the others are there."""
        ...

    def write_new(self, path: str, text: str) -> bool:
        """Write a new file below the content folder; False when it exists, which is then left alone.

        Raises TemporaryFailure where it cannot be written.
        """
        ...

    def file_paper(self, paper: FiledPaper) -> str:
        """Write what is known of a paper to its file, over one that is there; give its path."""
        ...

    def write_approval(self, issue: Issue) -> None:
        """Write the approval that *issue* carries into its file, every other byte unchanged."""
        ...
