# SPDX-License-Identifier: GPL-3.0-or-later
"""Which service may have which path, and with which policies it is read."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from swarmvault_core._common.errors import InputError
from swarmvault_core._vault.engines.location import locate
from swarmvault_core._vault.options import VaultOptions
from swarmvault_core._vault.source import VaultSource
from swarmvault_secretprovider.access import Access, RefusedPathError
from swarmvault_secretprovider.protocol import SecretRequest
from swarmvault_secretprovider.settings import Connection


def access(*patterns: str, policies: t.Sequence[str] | None = None, bounded: bool = True) -> Access:
    return Access(
        Connection(
            "default",
            "secret",
            lambda: VaultOptions("https://vault.example.org"),
            allowed_paths=patterns if bounded else None,
            task_policies=None if policies is None else tuple(policies),
        )
    )


def task(stack: str = "shop", service: str = "shop_api", **labels: str) -> SecretRequest:
    return SecretRequest(
        secret_name="shop_db",
        service_name=service,
        service_labels={"com.docker.stack.namespace": stack, **labels},
    )


def allowed(bounds: Access, source: VaultSource, request: SecretRequest) -> bool:
    try:
        bounds.check(source, request)
    except RefusedPathError as error:
        refusal = error
    else:
        return True
    assert source.location in refusal.message
    assert "shop_db" in refusal.message
    assert refusal.remedy
    return False


def kv2(path: str, mount: str = "secret") -> VaultSource:
    return VaultSource(path, mount=mount)


STACK = access("secret/{stack}/*")


@pytest.mark.parametrize(
    ("name", "labels", "path"),
    [
        ("db", {}, "db"),
        ("db_v2", {}, "db_v2"),
        ("db_v2", {"swarmvault.name": "db", "swarmvault.version": "2"}, "db"),
        ("db_v2", {"swarmvault.name": "db", "swarmvault.version": "3"}, "db_v2"),
        ("db_v2", {"swarmvault.name": "other", "swarmvault.version": "2"}, "db_v2"),
    ],
)
def test_all_versions_of_a_secret_may_have_what_the_secret_may(
    name: str, labels: dict[str, str], path: str
) -> None:
    bounds = access("secret/{secret}")
    request = SecretRequest(secret_name=name, secret_labels=labels, service_name="web")
    bounds.check(kv2(path), request)
    with pytest.raises(RefusedPathError):
        bounds.check(kv2("other"), request)


def test_a_stack_has_its_own_paths_and_no_others() -> None:
    assert allowed(STACK, kv2("shop/db"), task())
    assert allowed(STACK, kv2("shop/db/main"), task())
    others = [kv2("pay/db"), kv2("shop"), kv2("shopping/db"), kv2("shop/db", mount="other")]
    assert [one for one in others if allowed(STACK, one, task())] == []


@pytest.mark.parametrize(
    "stack", ["*", "**", "", "pay/..", "..", ".", "a/b", "{stack}", "p*", "?ay"]
)
def test_no_name_of_a_stack_widens_a_pattern(stack: str) -> None:
    for path in ("pay/db", "a/b/c", "shop/db", "x"):
        assert not allowed(STACK, kv2(path), task(stack))
        assert not allowed(access("secret/{label:team}/*"), kv2(path), task(team=stack))
        assert not allowed(access("secret/{service}/*"), kv2(path), task(service=stack))
        assert not allowed(access("secret/x-{service}*"), kv2(path), task(service=stack))
        assert not allowed(access("{label:mount}/x/*"), kv2(path, stack or "m"), task(mount=stack))


def test_a_star_in_a_name_is_just_that() -> None:
    assert allowed(STACK, kv2("a*b/db"), task("a*b"))
    assert not allowed(STACK, kv2("aXb/db"), task("a*b"))


@pytest.mark.parametrize(
    "source",
    [
        VaultSource("secret/data/pay/db", engine="read"),
        VaultSource("data/pay/db", engine="kv1"),
        VaultSource("data/shop/db", engine="kv1"),
        VaultSource("secret/metadata/pay/db", engine="read"),
        VaultSource("secret/subkeys/pay/db", engine="read"),
        VaultSource("db", mount="secret/data/pay"),
        VaultSource("x/db", mount="secret/data/shop"),
    ],
    ids=str,
)
@pytest.mark.parametrize("stack", ["shop", "data", "metadata", "subkeys"])
def test_no_other_engine_leads_to_the_paths_of_another_stack(
    source: VaultSource, stack: str
) -> None:
    assert not allowed(STACK, source, task(stack))


@pytest.mark.parametrize(
    "source",
    [
        kv2("shop/%2e%2e/pay/db"),
        kv2("shop/%252e%252e/pay/db"),
        kv2("shop/a%2f..%2f../pay/db"),
        kv2("shop/a%252fb/%2e%2e/%2e%2e/pay/db"),
        kv2("shop/x\\..\\..\\pay/db"),
        kv2("db", mount="secret/shop/%2e%2e/pay"),
        VaultSource("secret/shop/%2e%2e/pay/db", engine="read"),
    ],
    ids=str,
)
def test_nor_does_what_a_proxy_would_decode_once_more(source: VaultSource) -> None:
    locate(source)  # Vault itself would take it as it stands
    assert not allowed(STACK, source, task())
    assert not allowed(access("secret/shop/**"), source, task())


@pytest.mark.parametrize("stack", ["%73hop", "sh%6fp", "\\shop", "shop\\"])
def test_a_name_that_a_proxy_takes_for_another_opens_nothing(stack: str) -> None:
    assert not allowed(STACK, kv2(f"{stack}/db"), task(stack))
    assert allowed(STACK, kv2("100%/a%20b\\c"), task("100%"))


def test_a_wildcard_does_not_open_the_api_path_of_kv2_spelt_otherwise() -> None:
    bounds = access("secret/*/shared")
    assert not allowed(bounds, VaultSource("secret/d%61ta/shared", engine="read"), task())


def test_whoever_lists_the_path_of_the_api_too_opens_it() -> None:
    both = access("secret/{stack}/*", "secret/data/{stack}/*")
    assert allowed(both, VaultSource("secret/data/shop/db", engine="read"), task())
    assert not allowed(both, VaultSource("secret/data/pay/db", engine="read"), task())


def test_a_service_that_says_nothing_is_told_so() -> None:
    with pytest.raises(RefusedPathError, match=r"gives nothing for \{label:team\}"):
        access("secret/{label:team}/*").check(kv2("a/b"), task())
    with pytest.raises(RefusedPathError, match=r"service \(unnamed\) of no stack"):
        STACK.check(kv2("a/b"), SecretRequest(secret_name="x"))


def test_names_of_labels_may_hold_slashes() -> None:
    assert allowed(access("secret/{label:a/b.c}/*"), kv2("x/y"), task(**{"a/b.c": "x"}))


def test_without_patterns_everything_may_be_asked_for() -> None:
    bounds = access(bounded=False)
    assert allowed(bounds, VaultSource("database/creds/app", engine="read"), task("pay"))
    assert not allowed(access(), kv2("shop/db"), task())


@pytest.mark.parametrize(
    "pattern",
    ["", "/", "secret/", "secret//x", "secret/../x", "secret/{stak}/*", "secret/{}/x", "a{b", "a}",
     "{label:}/x", "secret/{label: }/x", "secret/{stack/x}"],
)  # fmt: skip
def test_patterns_that_cannot_mean_what_they_say_are_named(pattern: str) -> None:
    with pytest.raises(InputError) as caught:
        access("secret/fine/*", pattern)
    assert "VAULT_ALLOWED_PATHS" in caught.value.message
    assert repr(pattern) in caught.value.message


@given(st.text(max_size=12), st.lists(st.text(max_size=6), min_size=1, max_size=3))
def test_whatever_a_stack_is_called_it_reaches_only_below_its_own_name(
    stack: str, parts: list[str]
) -> None:
    path = "/".join(part.replace("/", "") for part in parts)
    assume(path.strip("/"))
    try:
        source = kv2(path)
        place = locate(source)
    except InputError:
        return
    if allowed(STACK, source, task(stack)):
        assert place.path.startswith(f"{stack}/")
        assert stack


# -- policies -------------------------------------------------------------------------------------


def test_policies_are_those_of_the_setting_or_the_name_of_the_service() -> None:
    assert access().policies(task(), always=False) is None
    assert access().policies(task(), always=True) == ("shop_api",)
    both = access(policies=["docker-{stack}", "team-{label:team}", "common"])
    assert both.policies(task(team="a.b"), always=False) == ("docker-shop", "team-a.b", "common")


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a,b", "root ", " root", "a/b", "*", "é", "a\n", "-"]
)
def test_only_plain_names_become_policies(name: str) -> None:
    with pytest.raises(RefusedPathError) as caught:
        access(policies=["{label:team}"]).policies(task(team=name), always=False)
    assert "shop_db" in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["root", "ROOT", "Root"])
def test_nobody_becomes_root_by_a_name(name: str) -> None:
    with pytest.raises(RefusedPathError, match="root"):
        access().policies(task(service=name), always=True)
    with pytest.raises(InputError, match="VAULT_TASK_POLICIES"):
        access(policies=[name])
    with pytest.raises(InputError, match="names no policy"):
        access(policies=[])


def test_parts_of_names_do_not_make_root_either() -> None:
    with pytest.raises(RefusedPathError, match="root"):
        access(policies=["ro{label:x}"]).policies(task(x="ot"), always=False)
