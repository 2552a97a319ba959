# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``make chaos`` holds the plugin to holds for the inputs it starts from and those it found."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from swarmvault_core._vault import forbidden_paths
from swarmvault_core._vault.engines import location
from swarmvault_secretprovider import access, protocol

from chaos import targets

CORPUS = Path(targets.__file__).parent / "corpus"
FILES = sorted(file for file in CORPUS.rglob("*") if file.is_file())
LINES = st.builds(
    "{} {}".format,
    st.sampled_from(["secret", "service", "stack", "allow", "policy"])
    | st.builds(
        "label vault_{}={}".format, st.sampled_from(["path", "mount", "engine"]), st.text()
    ),
    st.text("shop/*.%2eauth{}\\u0data", max_size=20),
)


def test_each_target_has_something_to_start_from() -> None:
    assert {file.parent.name for file in FILES} == set(targets.TARGETS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_the_corpus_holds(file: Path) -> None:
    targets.TARGETS[file.parent.name](file.read_bytes())


@given(st.lists(LINES))
def test_it_holds_for_other_lines_too(lines: list[str]) -> None:
    targets.labels("\n".join(lines).encode("utf-8", "replace"))


# -- a target that finds nothing would look the same ----------------------------------------------


def test_an_error_of_another_kind_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(body: bytes) -> t.NoReturn:
        raise KeyError(body)

    monkeypatch.setattr(protocol, "_json_object", fails)
    with pytest.raises(KeyError):
        targets.request(b"{}")


def test_the_path_of_another_stack_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access.Access, "check", lambda *_: None)
    with pytest.raises(targets.BrokenError, match="secret/"):
        targets.labels(b"stack shop\nlabel vault_path=pay/db")


@pytest.mark.parametrize("path", ["auth/token/lookup-self", "%2561uth/x", "x/../SYS/y"])
def test_a_reserved_path_is_found(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forbidden_paths, "check_path", lambda *_: None)
    monkeypatch.setattr(location, "_checked", lambda text, *_: text)
    with pytest.raises(targets.BrokenError, match="is read at"):
        targets.labels(f"label vault_engine=read\nlabel vault_path={path}".encode())
