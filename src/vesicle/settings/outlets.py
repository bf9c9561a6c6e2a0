"""What each channel takes: the dated facts of `social/channels.toml`, as the settings change them."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace

from pydantic import TypeAdapter, ValidationError

from vesicle.model.errors import UserError
from vesicle.model.limits import Limits, Outlet
from vesicle.model.problem import Place, Problem
from vesicle.settings.plugins import ChannelSettings

FACTS = "social/channels.toml"
_DEFAULT = "default"


def facts(templates: Mapping[str, str]) -> Mapping[str, Limits]:
    """Read the limits by channel; raises UserError naming the file where they cannot be read."""
    try:
        found: dict[str, Limits] = TypeAdapter(dict[str, Limits]).validate_python(
            tomllib.loads(templates[FACTS])
        )
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise _broken(_saying(error)) from error
    if _DEFAULT not in found:
        raise _broken(f"it has no table [{_DEFAULT}]")
    return found


def outlet(name: str, channel: ChannelSettings, known: Mapping[str, Limits]) -> Outlet:
    """Give the channel called *name* as posts are made for it.

    It takes what the channel of its name takes, else what that of its plug-in does, else the default.
    """
    kind = next((one for one in (name, channel.by) if one in known), _DEFAULT)
    limits = known[kind]
    if channel.longest is not None:
        lengths = (replace(limits.lengths[0], most=channel.longest), *limits.lengths[1:])
        limits = replace(limits, lengths=lengths)
    if not channel.card:
        limits = replace(limits, frame=None)
    return Outlet(name=name, kind=kind, limits=limits, campaign=channel.campaign)


def _saying(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)
        )
    return str(error)


def _broken(text: str) -> UserError:
    problem = Problem(
        code="channels.facts",
        text=f"the limits of channels cannot be read: {text}",
        where=Place(file=f"templates/{FACTS}"),
        mend="correct it, or remove the file to use the packaged one",
    )
    return UserError([problem])
