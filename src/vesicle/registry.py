"""Finds plug-ins by name and makes them from the options in `config.yaml`."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem
from vesicle.text.complaints import problems, unknown
from vesicle.text.marked import Marked, Path

ROLES = {"watch": "Source", "check": "Check", "deliver": "Channel", "learn": "Reports", "mailbox": "Mailbox"}
"""What the class of a plug-in is called, by the stage whose folder it is a file of."""

_NO_PLUGINS = frozenset({("learn", "mail")})
"""What reads mails, which nobody signs, and so is no provider whose word counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A class and its validated options, ready to be made with whatever else its stage needs."""

    make: Any
    options: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How `config.yaml` names a plug-in: its options, and the path at which they stand in the file."""

    by: str
    options: Mapping[str, Any]
    path: Path


def names(stage: str) -> tuple[str, ...]:
    """Give the names of the plug-ins that come with Vesicle: the files of the stage's folder."""
    package = import_module(f"vesicle.{stage}")
    there = {found.name for found in iter_modules(package.__path__)}
    return tuple(sorted(name for name in there if (stage, name) not in _NO_PLUGINS))


def load(stage: str, entry: Entry, *, marked: Marked, environ: Mapping[str, str]) -> Plugin:
    """Find a plug-in of *stage* and read its options; raises UserError with every problem of the entry.

    A value `env:NAME` is taken from *environ*, and a secret option may be given in no other way.
    """
    make, options = _found(stage, entry, marked)
    fields = {field.name: field for field in dataclasses.fields(options)}
    written = list(_written(entry.options, options, entry.path))
    found = [*_unknown(entry, written, marked=marked), *_open_secrets(written, marked=marked)]
    values = {name: value for name, value in entry.options.items() if name in fields}
    try:
        resolved = {name: _resolved(value, environ) for name, value in values.items()}
        made = TypeAdapter(options).validate_python(resolved)
    except ValidationError as error:
        found += problems(error.errors(include_input=False), marked, known=fields, within=entry.path)
    except KeyError as error:
        mend = f"set it before the command: `export {error.args[0]}=…`"
        text = f"the environment has no variable {error.args[0]}"
        found.append(_problem("no-variable", text, marked.place(entry.path), mend=mend))
    if found:
        raise UserError(found)
    return Plugin(make=make, options=made)


def _found(stage: str, entry: Entry, marked: Marked) -> tuple[Any, Any]:
    module_name, _, class_name = entry.by.partition(":")
    is_ours = not class_name
    if is_ours and entry.by not in names(stage):
        known = ", ".join(names(stage))
        text = f"there is no {ROLES[stage].lower()} called `{entry.by}`"
        mend = f"known: {known}; one of your own is named `package.module:Class`"
        raise UserError([_problem("no-plugin", text, marked.place(entry.path), mend=mend)])
    try:
        module = import_module(f"vesicle.{stage}.{entry.by}" if is_ours else module_name)
        return getattr(module, class_name or ROLES[stage]), module.Options
    except (ImportError, AttributeError) as error:
        text = f"the plug-in `{entry.by}` cannot be loaded: {error}"
        mend = "install its package, and check its name"
        raise UserError([_problem("no-plugin", text, marked.place(entry.path), mend=mend)]) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """One value as it stands in the file, at any depth, and the fields it could have been given for."""

    path: Path
    value: object
    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.path[-1])


def _written(values: Mapping[str, Any], options: type[Any], path: Path) -> Iterator[_Written]:
    """Yield every value below *path*, and those of options within options."""
    fields = {field.name: field for field in dataclasses.fields(options)}
    hints = get_type_hints(options)
    for name, value in values.items():
        here = (*path, name)
        yield _Written(path=here, value=value, fields=fields)
        inner, is_by_name = nested(hints.get(name))
        if inner is None or not isinstance(value, Mapping):
            continue
        within = {(*here, key): child for key, child in value.items()} if is_by_name else {here: value}
        for place, child in within.items():
            if isinstance(child, Mapping):
                yield from _written(child, inner, place)


def nested(hint: object) -> tuple[type[Any] | None, bool]:
    """Give the options that a field of type *hint* holds, or None, and whether they are several by name."""
    for one in (hint, *get_args(hint)):
        if isinstance(one, type) and dataclasses.is_dataclass(one):
            return one, get_origin(hint) is Mapping
    return None, False


def _unknown(entry: Entry, written: Iterable[_Written], *, marked: Marked) -> list[Problem]:
    found = []
    for one in written:
        if one.name not in one.fields:
            is_top = one.path[:-1] == entry.path
            known = (*one.fields, "by", "enabled") if is_top else tuple(one.fields)
            code, text, mend = unknown(one.name, known=known)
            found.append(_problem(code, text, marked.place(one.path), mend=mend))
    return found


def _open_secrets(written: Iterable[_Written], *, marked: Marked) -> list[Problem]:
    found = []
    for one in written:
        is_secret = one.name in one.fields and one.fields[one.name].metadata.get("secret")
        if is_secret and not str(one.value).startswith("env:"):
            text = f"`{one.name}` is a secret, and this file is no place for one"
            mend = f"write `{one.name}: env:NAME` and set NAME in the environment"
            found.append(_problem("open-secret", text, marked.place(one.path), mend=mend))
    return found


def _resolved(value: object, environ: Mapping[str, str]) -> object:
    if isinstance(value, str) and value.startswith("env:"):
        return environ[value.removeprefix("env:")]
    if isinstance(value, Mapping):
        return {name: _resolved(child, environ) for name, child in value.items()}
    return value


def _problem(code: str, text: str, where: Place, *, mend: str) -> Problem:
    return Problem(code=f"config.{code}", text=text, where=where, mend=mend)
