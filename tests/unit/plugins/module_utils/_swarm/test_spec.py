# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of a service spec: nothing but the references may change."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import spec as specs
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import Reference
from hypothesis import given, settings
from hypothesis import strategies as st

Spec = dict[str, t.Any]

# No deadline: a busy machine is no failure.
quick = settings(max_examples=50, deadline=None)

OLD_IDS = ["old1", "old2", "old3"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
json_objects = st.dictionaries(st.text(max_size=8), json_values, max_size=4)


@st.composite
def entries(draw: st.DrawFn) -> Spec:
    """A reference with known and unknown fields, in any order."""
    secret_id = draw(st.sampled_from([*OLD_IDS, "foreign"]))
    fields = {
        **draw(json_objects),
        "SecretID": secret_id,
        "SecretName": f"name of {secret_id}",
        "File": draw(json_objects),
    }
    return {key: fields[key] for key in draw(st.permutations(list(fields)))}


@st.composite
def service_specs(draw: st.DrawFn) -> Spec:
    """A spec with known and unknown fields around a list of references, or none."""
    container = draw(json_objects)
    secrets = draw(st.none() | st.lists(entries(), max_size=5))
    if secrets is not None:
        container["Secrets"] = secrets
    template = {**draw(json_objects), "ContainerSpec": container}
    return {**draw(json_objects), "Name": "web", "TaskTemplate": template}


swap_maps = st.sets(st.sampled_from(OLD_IDS)).map(
    lambda olds: {old: (f"new of {old}", f"new name of {old}") for old in olds}
)


def secrets_of(spec: Spec) -> list[Spec]:
    return t.cast("list[Spec]", spec["TaskTemplate"]["ContainerSpec"].get("Secrets") or [])


def in_order(entries: list[Spec]) -> bool:
    names = [entry["SecretName"] for entry in entries]
    return names == sorted(names)


def unsorted(before: Spec, after: Spec) -> list[Spec]:
    """Return the references of a swapped spec as they stood before a swap sorted them anew."""
    found = secrets_of(after)
    if not in_order(secrets_of(before)):
        return found
    assert in_order(found)
    # What a swap of these names changes: all the swapped ones come before the others.
    return sorted(found, key=lambda entry: entry["SecretName"].replace("new name", "name"))


@quick
@given(service_specs(), swap_maps)
def test_a_swap_touches_nothing_else(spec: Spec, swaps: dict[str, tuple[str, str]]) -> None:
    before = copy.deepcopy(spec)
    swapped = specs.swap_references(spec, swaps)
    assert spec == before, "the original is not edited"

    for old, new in zip(secrets_of(before), unsorted(before, swapped), strict=True):
        identity = swaps.get(old["SecretID"], (old["SecretID"], old["SecretName"]))
        assert (new["SecretID"], new["SecretName"]) == identity
        assert list(new) == list(old), "not even the order of fields"
        new["SecretID"], new["SecretName"] = old["SecretID"], old["SecretName"]
    if secrets_of(before):
        swapped["TaskTemplate"]["ContainerSpec"]["Secrets"] = secrets_of(before)
    assert swapped == before


@quick
@given(service_specs(), swap_maps)
def test_swapping_back_restores_the_spec(spec: Spec, swaps: dict[str, tuple[str, str]]) -> None:
    back = {new: (old, f"name of {old}") for old, (new, _name) in swaps.items()}
    restored = specs.swap_references(specs.swap_references(spec, swaps), back)
    if in_order(secrets_of(spec)):
        assert restored == spec
    else:  # the new names may have been in order by chance
        assert specs.differs_only_in_references(spec, restored) or in_order(secrets_of(restored))


@quick
@given(service_specs(), swap_maps)
def test_a_swap_is_a_difference_in_references_only(
    spec: Spec, swaps: dict[str, tuple[str, str]]
) -> None:
    assert specs.differs_only_in_references(spec, specs.swap_references(spec, swaps))


@quick
@given(service_specs())
def test_an_edit_shares_nothing_with_its_original(spec: Spec) -> None:
    edited = specs.swap_references(spec, {})
    edited["TaskTemplate"]["ContainerSpec"]["Env"] = ["changed"]
    for entry in secrets_of(edited):
        entry["File"]["changed"] = True
    assert spec["TaskTemplate"]["ContainerSpec"].get("Env") != ["changed"]
    assert not any("changed" in entry["File"] for entry in secrets_of(spec))


@quick
@given(service_specs())
def test_attaching_appends_and_detaching_takes_away_again(spec: Spec) -> None:
    attached = specs.attach_reference(spec, "id9", "name9", "file9", "1000", "1001", 0o400)
    assert secrets_of(attached)[:-1] == secrets_of(spec)
    assert secrets_of(attached)[-1] == {
        "File": {"Name": "file9", "UID": "1000", "GID": "1001", "Mode": 256},
        "SecretID": "id9",
        "SecretName": "name9",
    }
    assert specs.differs_only_in_references(spec, attached)
    assert not specs.differs_only_in_references(attached, spec), "taking away is more than that"

    detached = specs.detach_reference(attached, "id9")
    assert secrets_of(detached) == secrets_of(spec)
    assert specs.references(detached) == specs.references(spec)


def example() -> Spec:
    files = [{"Name": "a", "UID": "0", "GID": "0", "Mode": 292}, {"Name": "b", "Mode": 256}]
    secrets = [
        {"File": file, "SecretID": f"id{i}", "SecretName": f"name{i}"}
        for i, file in enumerate(files)
    ]
    container = {"Image": "app", "Secrets": secrets}
    return {"Name": "web", "TaskTemplate": {"ContainerSpec": container, "ForceUpdate": 0}}


def test_references_keep_the_engines_order() -> None:
    assert specs.references(example()) == (
        Reference("id0", "name0", "a"),
        Reference("id1", "name1", "b"),
    )


def test_two_swaps_may_exchange_two_secrets() -> None:
    swapped = specs.swap_references(example(), {"id0": ("id1", "name1"), "id1": ("id0", "name0")})
    assert specs.references(swapped) == (
        Reference("id0", "name0", "b"),
        Reference("id1", "name1", "a"),
    )


@pytest.mark.parametrize(
    "spec", [{}, {"TaskTemplate": None}, {"TaskTemplate": {"ContainerSpec": None}}]
)
def test_a_service_without_containers_has_no_references(spec: Spec) -> None:
    assert specs.references(spec) == ()
    assert specs.swap_references(spec, {"id0": ("id1", "name1")}) == spec
    assert specs.detach_reference(spec, "id0") == spec
    assert specs.differs_only_in_references(spec, spec)


def test_nothing_is_attached_to_a_service_without_containers() -> None:
    spec: Spec = {"Name": "plug", "TaskTemplate": {"PluginSpec": {}}}
    with pytest.raises(InputError, match="Secret db_v1 cannot be attached to service plug"):
        specs.attach_reference(spec, "id", "db_v1", "db")


def test_the_default_file_is_readable_for_all_and_owned_by_root() -> None:
    entry = secrets_of(specs.attach_reference(example(), "id9", "name9", "c"))[-1]
    assert entry["File"] == {"Name": "c", "UID": "0", "GID": "0", "Mode": 0o444}


def change_image(spec: Spec) -> None:
    spec["TaskTemplate"]["ContainerSpec"]["Image"] = "app:2"


def change_label(spec: Spec) -> None:
    spec["Labels"] = {"a": "b"}


def change_force(spec: Spec) -> None:
    spec["TaskTemplate"]["ForceUpdate"] = 1


def change_target(spec: Spec) -> None:
    secrets_of(spec)[0]["File"]["Name"] = "other"


def change_mode(spec: Spec) -> None:
    secrets_of(spec)[1]["File"]["Mode"] = 292


def reorder(spec: Spec) -> None:
    secrets_of(spec).reverse()


@pytest.mark.parametrize(
    "change", [change_image, change_label, change_force, change_target, change_mode, reorder]
)
def test_any_other_difference_is_seen(change: t.Callable[[Spec], None]) -> None:
    changed = example()
    change(changed)
    assert not specs.differs_only_in_references(example(), changed)


def test_no_list_and_an_empty_list_of_references_are_the_same() -> None:
    without, empty, null = example(), example(), example()
    del without["TaskTemplate"]["ContainerSpec"]["Secrets"]
    empty["TaskTemplate"]["ContainerSpec"]["Secrets"] = []
    null["TaskTemplate"]["ContainerSpec"]["Secrets"] = None
    assert specs.differs_only_in_references(without, empty)
    assert specs.differs_only_in_references(null, without)


def ordered(*names: str) -> Spec:
    """Return a spec that refers to secrets of these names, in that order."""
    secrets = [
        {
            "File": {"Name": name.rpartition("_v")[0] or name},
            "SecretID": f"id-{name}",
            "SecretName": name,
        }
        for name in names
    ]
    return {"TaskTemplate": {"ContainerSpec": {"Secrets": secrets}}}


def order_of(spec: Spec) -> list[str]:
    return [entry["SecretName"] for entry in secrets_of(spec)]


def moved(spec: Spec, **swaps: str) -> Spec:
    named = {f"id-{old.replace('__', '-')}": new for old, new in swaps.items()}
    return specs.swap_references(spec, {old: (f"id-{new}", new) for old, new in named.items()})


NUMBERED = {"a": "a_v1", "a-b": "a-b_v1", "a.b": "a.b_v1", "ab": "ab_v1"}


@pytest.mark.case("N10")
@pytest.mark.parametrize("moving", [["a"], ["a", "a-b"], ["ab", "a.b"], list(NUMBERED)])
def test_references_in_the_order_of_their_names_stay_so(moving: list[str]) -> None:
    before = ordered(*sorted(NUMBERED))
    swaps = {f"id-{name}": (f"id-{NUMBERED[name]}", NUMBERED[name]) for name in moving}
    after = specs.swap_references(before, swaps)

    assert order_of(after) == sorted(order_of(after))
    assert {ref.target for ref in specs.references(after)} == set(NUMBERED)
    assert specs.differs_only_in_references(before, after)
    assert specs.differs_only_in_references(after, before)


@pytest.mark.case("N10")
def test_so_they_stay_where_a_number_gets_another_digit() -> None:
    before = ordered("db_v7", "db_v9_extra", "db_vx", "q_v9")
    after = moved(before, db_v7="db_v10", q_v9="q_v10")
    assert order_of(after) == ["db_v10", "db_v9_extra", "db_vx", "q_v10"]
    before = ordered("a_v9", "a_v9b_v9")
    assert order_of(moved(before, a_v9b_v9="a_v9b_v10")) == ["a_v9", "a_v9b_v10"]


@pytest.mark.case("N10")
def test_an_order_of_somebodys_own_stays() -> None:
    before = ordered("b", "a", "c")
    after = moved(before, b="b_v1", c="c_v1")
    assert order_of(after) == ["b_v1", "a", "c_v1"]
    assert specs.differs_only_in_references(before, after)
    attached = specs.attach_reference(before, "id-a_v1", "a_v1", "new")
    assert order_of(attached) == ["b", "a", "c", "a_v1"]


@pytest.mark.case("N10")
def test_a_secret_is_attached_in_its_place_and_taken_away_again() -> None:
    before = ordered("a", "c")
    attached = specs.attach_reference(before, "id-b", "b", "b")
    assert order_of(attached) == ["a", "b", "c"]
    assert specs.differs_only_in_references(before, attached)
    assert not specs.differs_only_in_references(attached, before)
    assert specs.detach_reference(attached, "id-b") == before


@pytest.mark.case("N10")
def test_another_file_is_seen_also_where_the_order_differs() -> None:
    before = ordered("a", "a-b")
    after = moved(before, a="a_v1")
    secrets_of(after)[0]["File"]["Mode"] = 0o400
    assert order_of(after) == ["a-b", "a_v1"]
    assert not specs.differs_only_in_references(before, after)
