# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``discover_paths`` lets labels ask for."""

from __future__ import annotations

import re

import pytest
import yaml
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.allowed_paths import (
    AllowedPaths,
    pattern_problems,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource
from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.support.documented import guide_blocks

pytestmark = pytest.mark.case("V1")


def source(location: str, engine: str = "kv2") -> VaultSource:
    """Return a source at a location whose first part is the mount."""
    if engine in ("read", "pki"):
        return VaultSource(location, engine=engine)
    mount, _slash, path = location.partition("/")
    return VaultSource(path, mount=mount, engine=engine)


def allows(location: str, *patterns: str, engine: str = "kv2") -> bool:
    return AllowedPaths(patterns).problem_with(source(location, engine)) is None


@pytest.mark.parametrize(
    ("pattern", "covered", "others"),
    [
        # No wildcard: this path and no other.
        (
            "secret/shop/db",
            ["secret/shop/db"],
            ["secret/shop", "secret/shop/db/x", "secret/shop/d"],
        ),
        ("/secret/shop/db", ["secret/shop/db"], ["other/secret/shop/db"]),
        ("secret/shop/db", [], ["SECRET/shop/db", "secret/Shop/db"]),
        # At the end, a star stands for everything below.
        (
            "secret/shop/*",
            ["secret/shop/db", "secret/shop/db/main"],
            ["secret/shop", "secret/shopping/db", "secret/pay/db", "other/secret/shop/db"],
        ),
        ("secret/shop/**", ["secret/shop/db", "secret/shop/db/main"], ["secret/shop", "secret/x"]),
        ("secret/*", ["secret/a", "secret/a/b/c"], ["secret2/a"]),
        ("*", ["secret/a", "other/a/b"], []),
        ("**", ["secret/a", "other/a/b"], []),
        # In between, it stands for exactly one part; two stand for any number.
        ("secret/*/db", ["secret/shop/db"], ["secret/db", "secret/a/b/db", "secret/shop/db/x"]),
        ("*/shop/db", ["secret/shop/db"], ["shop/db", "a/b/shop/db"]),
        (
            "secret/**/db",
            ["secret/db", "secret/a/db", "secret/a/b/db", "secret/db/x/db"],
            ["secret/a/db/x", "secret/adb"],
        ),
        ("secret/**/a/**/b", ["secret/a/b", "secret/x/a/y/a/b", "secret/a/a/x/b"], ["secret/b/a"]),
        ("**/db", ["secret/db", "a/b/db"], ["secret/dba"]),
        ("secret/**/*", ["secret/a", "secret/a/b"], ["secret2/a"]),
        # Within a part, for any characters of it.
        ("secret/shop-*", ["secret/shop-a", "secret/shop-"], ["secret/shop", "secret/shop-a/b"]),
        ("secret/*-db-*/x", ["secret/a-db-b/x", "secret/-db-/x"], ["secret/a-db/x"]),
        ("secret/a**b/x", ["secret/ab/x", "secret/a--b/x"], ["secret/a/b/x"]),
        # Nothing else is a wildcard.
        ("secret/[ab]?", ["secret/[ab]?"], ["secret/a1", "secret/a"]),
        ("secret/.*", ["secret/.x"], ["secret/ax"]),
        ("secret/a.c", ["secret/a.c"], ["secret/abc"]),
        ("secret/+/db", ["secret/+/db"], ["secret/a/db"]),
    ],
)
def test_a_pattern_covers_what_it_says(pattern: str, covered: list[str], others: list[str]) -> None:
    found = [path for path in [*covered, *others] if allows(path, pattern)]
    assert found == covered


def test_one_of_several_patterns_is_enough_and_none_allows_nothing() -> None:
    assert allows("secret/b", "secret/a", "secret/b")
    assert not allows("secret/b", "secret/a", "secret/c")
    assert not allows("secret/b")


@pytest.mark.parametrize("engine", ["kv1", "read", "pki"])
def test_a_list_speaks_of_every_engine_and_no_list_of_one_only(engine: str) -> None:
    path = "database/creds/shop" if engine != "pki" else "pki/issue/web"
    unlisted = AllowedPaths(None)
    assert allows(path, path, engine=engine)
    assert unlisted.problem_with(source("anything/at/all")) is None
    problem = unlisted.problem_with(source(path, engine))
    assert problem is not None
    assert {path, engine, "discover_paths"} <= set(problem.split())


def test_a_refusal_names_path_and_option() -> None:
    problem = AllowedPaths(("secret/shop/*",)).problem_with(source("secret/pay/db"))
    assert problem is not None
    assert "secret/pay/db" in problem
    assert "discover_paths" in problem


@pytest.mark.parametrize("engine", ["read", "kv1"])
def test_another_engine_reads_no_kv2_value_that_the_list_lacks(engine: str) -> None:
    # Meant: the one secret of each team that is shared. secret/shared belongs to somebody else.
    assert allows("secret/shop/shared", "secret/*/shared")
    assert not allows("secret/data/shared", "secret/*/shared", engine=engine)
    assert not allows("secret/data/shop/db", "secret/data/*", engine=engine)
    assert allows("secret/data/shop/db", "secret/data/*", "secret/shop/*", engine=engine)
    assert allows("secret/data/shop/db", "secret/*", engine=engine)
    # At the ends it is a mount, or the name of a secret.
    assert allows("data/x", "data/*", engine=engine)
    assert allows("kv1/data", "kv1/*", engine=engine)


@pytest.mark.parametrize("pattern", ["*", "**", "team/*", "team/**", "team/*/token/*", "team/a*/*"])
def test_no_wildcard_opens_what_a_namespace_may_hide(pattern: str) -> None:
    path = "team/auth/token/lookup-self"
    assert not allows(path, pattern, engine="read")
    assert not allows(path, pattern, engine="kv1")
    # Whether it is a path of an engine, as it may be, Vault is asked when it is read.
    assert allows(path, path, engine="read")
    assert AllowedPaths(None).problem_with(VaultSource("x", mount="team/auth")) is not None


def test_kv2_paths_with_such_parts_are_paths_like_others() -> None:
    assert allows("secret/prod/auth/jwt", "secret/prod/*")
    assert AllowedPaths(None).problem_with(source("secret/prod/auth/jwt")) is None


@pytest.mark.parametrize(
    ("pattern", "because"),
    [
        ("", "is empty"),
        ("/", "is empty"),
        ("secret/shop/", "write secret/shop/* for all"),
        ("secret//shop", "doubled slashes"),
        ("secret/../sys/*", "'..'"),
        ("./secret/*", "'.'"),
        ("secret/a\n", "control characters"),
    ],
)
def test_a_pattern_that_says_nothing_sensible_is_named(pattern: str, because: str) -> None:
    (problem,) = pattern_problems(["secret/ok/*", pattern])
    assert problem.startswith(f"discover_paths {pattern!r}")
    assert because in problem
    with pytest.raises(InputError, match="Nothing was changed: discover_paths"):
        AllowedPaths(("secret/ok/*", pattern))


def test_good_patterns_have_no_problem() -> None:
    assert pattern_problems(None) == []
    assert pattern_problems([]) == []
    assert pattern_problems(["*", "/secret/**/a*b/*", "auth/*"]) == []


def test_long_labels_and_many_wildcards_keep_nobody_busy() -> None:
    # By backtracking, neither would end while anybody waits.
    assert not allows("secret/" + "a/" * 20_000 + "x", "secret/**/a/**/a/**/a/**/b")
    assert not allows("secret/" + "a" * 20_000 + "x", "secret/*a*a*a*a*b")


PARTS = st.sampled_from(["a", "b", "ab", "ba", "aab"])
PATTERN_PARTS = st.sampled_from(["a", "b", "ab", "*", "**", "a*", "*b", "*a*", "a*b"])


def in_other_words(pattern: list[str]) -> str:
    """Return the regular expression that says the same, for paths that nobody made up to hurt."""
    *first, last = pattern
    words = [
        "(?:[^/]+/)*" if part == "**" else part.replace("*", "[^/]*") + "/"
        for part in (p if p != "*" else "[^/]+" for p in first)
    ]
    words.append("[^/]+(?:/[^/]+)*" if last in ("*", "**") else last.replace("*", "[^/]*"))
    return "".join(words)


@given(st.lists(PATTERN_PARTS, min_size=1, max_size=5), st.lists(PARTS, min_size=2, max_size=6))
def test_patterns_mean_the_same_as_a_regular_expression(
    pattern: list[str], path: list[str]
) -> None:
    expected = re.fullmatch(in_other_words(pattern), "/".join(path)) is not None
    assert allows("/".join(path), "/".join(pattern)) is expected


def test_the_patterns_of_the_guide_cover_what_is_said_beside_them() -> None:
    block = next(one for one in guide_blocks("guide_rotation", "yaml") if "discover_paths" in one)
    shown = yaml.safe_load(block)["discover_paths"]
    assert pattern_problems(shown) == []
    said = {
        "secret/shop/*": ["secret/shop/db", "secret/shop/db/main"],
        "secret/*/shared": ["secret/a/shared"],
        "secret/**/tls": ["secret/tls", "secret/a/tls", "secret/a/b/tls"],
        "secret/mail-*": ["secret/mail-in", "secret/mail-out"],
        "database/creds/shop": ["database/creds/shop"],
        "pki/issue/web": ["pki/issue/web"],
    }
    assert shown == list(said)
    tried = [path for paths in said.values() for path in paths] + ["secret/mail-in/x"]
    found = {pattern: [path for path in tried if allows(path, pattern)] for pattern in said}
    assert found == said
