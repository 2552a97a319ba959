# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a schedule as a file for node_exporter's textfile collector, and back.

The names are those of the plugin where it has the same, so that dashboards and alerts serve both.

prometheus_client is imported where it is used: not every controller has it.
"""

from __future__ import annotations

import os
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .record import Record, Secret

if t.TYPE_CHECKING:
    from prometheus_client import Metric

NAME = "swarmvault_rotation.prom"

#: Attributes of a record by the name of their metric, each with what it is.
GAUGES = {
    "swarmvault_rotation_leader": (
        "leads",
        "Whether this node is the one that rotates: 1, or 0.",
    ),
    "swarmvault_rotation_up": (
        "up",
        "Whether the last rotation on this node was without a failure: 1, or 0.",
    ),
    "swarmvault_rotation_last_run_timestamp_seconds": (
        "last_run",
        "When the schedule last ran on this node, whether it had to rotate or not.",
    ),
    "swarmvault_rotation_last_success_timestamp_seconds": (
        "last_success",
        "When this node last rotated without a failure.",
    ),
    "swarmvault_rotation_last_failure_timestamp_seconds": (
        "last_failure",
        "When a run on this node last failed, in whole or in part.",
    ),
}
COUNTERS = {
    "swarmvault_rotation_runs": ("runs", "How often the schedule ran on this node."),
    "swarmvault_rotation_failures": (
        "failures",
        "How many of these runs failed, in whole or in part.",
    ),
}
#: Attributes of a secret.
OF_SECRETS = {
    "swarmvault_secret_verified_timestamp_seconds": (
        "verified",
        "When the secret was last compared with its source.",
    ),
    "swarmvault_secret_in_step": (
        "in_step",
        "Whether services are to run what the source of the secret holds: 1, or 0.",
    ),
    "swarmvault_secret_source_version": (
        "source_version",
        "Version of the value that Vault holds.",
    ),
    "swarmvault_secret_running_version": (
        "running_version",
        "Version in Vault of the value that services are to run.",
    ),
    "swarmvault_secret_expires_timestamp_seconds": (
        "expires",
        "When the leased credential or the certificate ends.",
    ),
    "swarmvault_secret_renews_timestamp_seconds": (
        "renews",
        "From when on a run renews it.",
    ),
}


@dataclass(frozen=True)
class Labelled:
    """A metric with one series for each key of a mapping of the record."""

    attribute: str
    label: str
    text: str
    is_counter: bool = False
    #: Keys that are there from the start, so that a first increase can be seen.
    always: tuple[str, ...] = ()


LABELLED = {
    "swarmvault_service_converged": Labelled(
        "services",
        "service",
        "Whether a service that the last run had to do with runs what it is to run: 1, or 0.",
    ),
    "swarmvault_rotation_secrets": Labelled(
        "secret_outcomes",
        "outcome",
        "How often something was done to a secret, by what it was.",
        is_counter=True,
        always=("created", "rotated", "quarantined", "failed", "kept"),
    ),
    "swarmvault_rotation_services": Labelled(
        "service_outcomes",
        "outcome",
        "How often a service was updated or looked after, by the state that it got to.",
        is_counter=True,
        always=("converged", "rolled_back", "late", "failed"),
    ),
}


def rendered(record: Record) -> bytes:
    """Return the text of the file."""
    from prometheus_client import exposition

    return exposition.generate_latest(_Collected(list(_families(record))))


def read(text: str) -> Record:
    """Return what a file tells; what it does not, or not in this form, begins anew.

    :param text: of a file that an earlier run wrote, or nothing.
    """
    try:
        samples = _samples(text)
    except ValueError:
        return Record()
    plain = {
        attribute: samples.get(name, {}).get("", 0.0)
        for name, (attribute, _text) in {**GAUGES, **_totals(COUNTERS)}.items()
    }
    labelled = {
        one.attribute: samples.get(f"{name}_total" if one.is_counter else name, {})
        for name, one in LABELLED.items()
    }
    secrets: dict[str, dict[str, float]] = {}
    for name, (attribute, _text) in OF_SECRETS.items():
        for secret, value in samples.get(name, {}).items():
            secrets.setdefault(secret, {})[attribute] = value
    found = {name: Secret(**known) for name, known in secrets.items()}
    return Record(**plain, secrets=found, **labelled)  # type: ignore[arg-type]  # by name


def load(directory: Path) -> Record:
    """Return what the file of an earlier run tells."""
    try:
        return read((directory / NAME).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return Record()


def store(directory: Path, record: Record) -> None:
    """Write the file so that whoever reads it sees the old one or the new one, and may read it.

    :raises OSError: it cannot be written.
    """
    # node_exporter reads what ends in .prom.
    handle, name = tempfile.mkstemp(prefix=f".{NAME}.", dir=directory)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(rendered(record))
            os.fchmod(file.fileno(), 0o644)
        Path(name).replace(directory / NAME)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def names() -> frozenset[str]:
    """Return the names of all series that a file may hold."""
    return frozenset(
        {
            *GAUGES,
            *_totals(COUNTERS),
            *OF_SECRETS,
            *(f"{name}_total" if one.is_counter else name for name, one in LABELLED.items()),
        }
    )


class _Collected:
    """What prometheus_client renders of a registry."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> t.Iterable[Metric]:
        """Return them."""
        return self._families


def _totals(counters: t.Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {f"{name}_total": known for name, known in counters.items()}


def _families(record: Record) -> t.Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    for name, (attribute, text) in GAUGES.items():
        yield GaugeMetricFamily(name, text, value=getattr(record, attribute))
    for name, (attribute, text) in COUNTERS.items():
        yield CounterMetricFamily(name, text, value=getattr(record, attribute))
    for name, one in LABELLED.items():
        made = (CounterMetricFamily if one.is_counter else GaugeMetricFamily)(
            name, one.text, labels=[one.label]
        )
        known = {**dict.fromkeys(one.always, 0.0), **getattr(record, one.attribute)}
        for key in sorted(known):
            made.add_metric([key], known[key])
        yield made
    for name, (attribute, text) in OF_SECRETS.items():
        made = GaugeMetricFamily(name, text, labels=["secret"])
        for secret in sorted(record.secrets):
            value = getattr(record.secrets[secret], attribute)
            if value is not None:
                made.add_metric([secret], value)
        yield made


def _samples(text: str) -> dict[str, dict[str, float]]:
    """Return the values by name of the series, then by the value of its label, empty without one."""
    from prometheus_client import parser

    found: dict[str, dict[str, float]] = {}
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            label = next(iter(sample.labels.values()), "")
            found.setdefault(sample.name, {})[label] = sample.value
    return found
