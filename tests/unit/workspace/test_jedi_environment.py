"""The private interface of jedi that is relied on is the one that the installed version has."""

from __future__ import annotations

import inspect

import jedi  # type: ignore[import-untyped]
import pytest
from jedi.api.environment import InterpreterEnvironment  # type: ignore[import-untyped]
from jedi.file_io import KnownContentFileIO  # type: ignore[import-untyped]
from jedi.inference.compiled import subprocess  # type: ignore[import-untyped]

INTERFACE = [
    (InterpreterEnvironment.get_inference_state_subprocess, ["self", "inference_state"]),
    (InterpreterEnvironment.get_sys_path, ["self"]),
    (subprocess.InferenceStateSameProcess.__init__, ["self", "inference_state"]),
    (subprocess.InferenceStateSameProcess.__getattr__, ["self", "name"]),
    (subprocess.functions.load_module, ["inference_state", "kwargs"]),
    (subprocess.functions.get_module_info,
     ["inference_state", "sys_path", "full_name", "kwargs"]),
    (subprocess.functions.ImplicitNSInfo.__init__, ["self", "name", "paths"]),
    (KnownContentFileIO.__init__, ["self", "path", "content"]),
]  # fmt: skip


@pytest.mark.parametrize(("function", "parameters"), INTERFACE, ids=lambda each: getattr(each, "__qualname__", ""))
def test_the_interface_is_the_one_that_was_read(function: object, parameters: list[str]) -> None:
    assert callable(function)
    found = list(inspect.signature(function).parameters)
    assert sorted(found) == sorted(parameters), (
        f"jedi {jedi.__version__} has another private interface than jedi_environment.py was written for: "
        f"{function!r} takes {found}. Adapt that module, or lower the ceiling of jedi in pyproject.toml."
    )
