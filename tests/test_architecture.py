"""The shape of the code: sizes, layers, and what a plug-in file holds."""

import ast
import dataclasses
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from vesicle import registry

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PLUGINS = [(stage, name) for stage in registry.ROLES for name in registry.names(stage)]


def test_no_file_is_longer_than_400_lines() -> None:
    assert len(MODULES) > 100
    assert [path for path in (*MODULES, *TESTS) if len(path.read_text().splitlines()) > 400] == []


def test_imports_keep_every_contract() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("stage", "name"), PLUGINS)
def test_a_plugin_file_has_the_class_of_its_stage_and_frozen_options(stage: str, name: str) -> None:
    module = import_module(f"vesicle.{stage}.{name}")
    assert isinstance(getattr(module, registry.ROLES[stage]), type)
    assert dataclasses.is_dataclass(module.Options)
    assert vars(module.Options)["__dataclass_params__"].frozen


def test_each_stage_has_a_plugin_so_that_the_tests_above_look_at_something() -> None:
    assert {stage for stage, _ in PLUGINS} == set(registry.ROLES)


def test_nothing_happens_on_import() -> None:
    """A module's top level only imports, defines and names things: it calls nothing that acts."""
    assert [path for path in MODULES if any(map(_is_call, ast.parse(path.read_text()).body))] == []


def _is_call(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


def test_every_error_of_ours_tells_who_has_to_act() -> None:
    errors = import_module("vesicle.model.errors")
    ours = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Exception)]
    roots = (errors.UserError, errors.OutsideError, errors.VesicleError)
    assert all(issubclass(one, roots[:2]) or one is errors.VesicleError for one in ours)
