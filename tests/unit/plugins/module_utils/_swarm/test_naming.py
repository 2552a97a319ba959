# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of secrets and their files."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import naming
from hypothesis import given, settings
from hypothesis import strategies as st

# No deadline: a busy machine is no failure.
quick = settings(max_examples=50, deadline=None)


def test_a_version_is_called_after_its_logical_secret() -> None:
    assert naming.version_name("mysql_password", 12) == "mysql_password_v12"


@pytest.mark.parametrize("name", ["a", "7", "A.b-c_d", "db_password_v1", "x" * 64])
def test_a_name_the_engine_takes_is_fine(name: str) -> None:
    assert naming.check_name(name) is None


@pytest.mark.parametrize("name", ["-a", "a-", "_a", ".a", "a.", "a b", "a/b", "ä", "a\n", "٣"])
def test_a_name_with_other_characters_is_refused(name: str) -> None:
    problem = naming.check_name(name)
    assert problem
    assert repr(name) in problem


def test_an_empty_name_is_refused() -> None:
    assert naming.check_name("") == "a secret needs a name"


def test_a_name_that_is_too_long_is_refused_with_its_length() -> None:
    problem = naming.check_name("x" * 65)
    assert problem
    assert "65" in problem
    assert "64" in problem


@quick
@given(st.from_regex(r"[a-zA-Z0-9]+(?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?", fullmatch=True))
def test_every_short_match_of_the_engines_own_expression_is_fine(name: str) -> None:
    assert (naming.check_name(name) is None) == (len(name) <= 64)


@pytest.mark.parametrize("target", ["db", "dir/db", "/etc/app/db.key", "..db", "a..b", "Ä b"])
def test_a_file_name_or_absolute_path_is_a_target(target: str) -> None:
    assert naming.check_target(target) is None


@pytest.mark.parametrize(
    "target", ["", "a\0b", "../db", "/run/../etc/shadow", "..", "a/", "/", ".", "a/."]
)
def test_a_target_that_leaves_its_directory_or_is_no_file_is_refused(target: str) -> None:
    assert naming.check_target(target)
