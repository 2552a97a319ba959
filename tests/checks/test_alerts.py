# SPDX-License-Identifier: GPL-3.0-or-later
"""Each alert of the role fires when it should and only then, by what Prometheus' own checker says."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.swarmvault.secrets.plugins.plugin_utils._schedule import textfile
from prometheus_client import parser
from swarmvault_secretprovider import metrics
from swarmvault_secretprovider.health import Health
from swarmvault_secretprovider.rotation_status import Status

from tests.checks.promtool import promtool
from tests.checks.tools import run_tool
from tests.collection_path import ROOT

RULES = ROOT / "roles" / "secretprovider" / "files" / "swarmvault.rules.yml"
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]

Labels = dict[str, str]
Series = dict[str, str]
M1 = 'instance="m1",job="node"'
M2 = 'instance="m2",job="node"'
DB = f'{M1},secret="db"'
#: A sample each minute, starting at 1970; looked at after two hours.
LOOK_AT, SECONDS = "2h", 7200
AT_PRESENT = "0+60x200"


def r(name: str, labels: str = M1) -> str:
    return f"swarmvault_rotation_{name}{{{labels}}}"


def s(name: str) -> str:
    return f"swarmvault_secret_{name}{{{DB}}}"


#: For each alert: what lets it fire, for which labels beside its own; and what does not.
CASES: dict[str, tuple[Series, str, list[Series]]] = {
    "SwarmvaultRotationFailing": (
        {r("up"): "0x200"},
        M1,
        [{r("up"): "1x200"}, {r("up"): "0x100 1x5 0x90"}],
    ),
    "SwarmvaultRotationStale": (
        {r("last_success_timestamp_seconds"): "0x200", r("leader"): "1x200"},
        M1,
        [
            {r("last_success_timestamp_seconds"): "0x200", r("leader"): "0x200"},
            {r("last_success_timestamp_seconds"): AT_PRESENT, r("leader"): "1x200"},
            # It leads since ten minutes ago.
            {r("last_success_timestamp_seconds"): "0x200", r("leader"): "0x110 1x90"},
        ],
    ),
    "SwarmvaultScheduleStopped": (
        {r("last_run_timestamp_seconds"): "0+60x30 1800x200"},
        M1,
        [{r("last_run_timestamp_seconds"): AT_PRESENT}],
    ),
    "SwarmvaultNobodyRotates": (
        {r("leader"): "0x200", r("leader", M2): "0x200"},
        'job="node"',
        [{r("leader"): "0x200", r("leader", M2): "1x200"}],
    ),
    "SwarmvaultSecretNotVerified": (
        {s("verified_timestamp_seconds"): "0x200"},
        DB,
        [{s("verified_timestamp_seconds"): AT_PRESENT}],
    ),
    "SwarmvaultSecretBehind": (
        {s("source_version"): "2x200", s("running_version"): "1x200", s("in_step"): "0x200"},
        DB,
        [
            {s("source_version"): "2x200", s("running_version"): "2x200", s("in_step"): "1x200"},
            {s("source_version"): "1x100 2x90", s("running_version"): "1x110 2x90"},
        ],
    ),
    "SwarmvaultSecretNotRenewed": (
        {s("renews_timestamp_seconds"): f"{SECONDS - 1860}x200"},
        DB,
        [{s("renews_timestamp_seconds"): f"{SECONDS - 600}x200"}],
    ),
    "SwarmvaultSecretExpired": (
        {s("expires_timestamp_seconds"): f"{SECONDS - 60}x200"},
        DB,
        [{s("expires_timestamp_seconds"): f"{SECONDS + 60}x200"}],
    ),
    "SwarmvaultServiceNotConverged": (
        {f'swarmvault_service_converged{{{M1},service="web"}}': "0x200"},
        f'{M1},service="web"',
        [
            {f'swarmvault_service_converged{{{M1},service="web"}}': "1x200"},
            {f'swarmvault_service_converged{{{M1},service="web"}}': "0x100 1x10 0x90"},
        ],
    ),
    "SwarmvaultRolledBack": (
        {r("services_total", f'{M1},outcome="rolled_back"'): "0x90 1x100"},
        f'{M1},outcome="rolled_back"',
        [
            {r("services_total", f'{M1},outcome="rolled_back"'): "1x200"},
            {r("services_total", f'{M1},outcome="converged"'): "0+1x200"},
        ],
    ),
    "SwarmvaultVaultUnreachable": (
        {f'swarmvault_vault_up{{{M1},connection="default"}}': "0x200"},
        f'{M1},connection="default"',
        [{f'swarmvault_vault_up{{{M1},connection="default"}}': "1x200"}],
    ),
}


def test_prometheus_takes_the_rules() -> None:
    said = run_tool(promtool(), "check", "rules", "--lint=all", "--lint-fatal", RULES)
    assert f"{len(ALERTS)} rules found" in said


def test_each_alert_has_its_cases() -> None:
    assert CASES.keys() == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("alert", CASES)
def test_an_alert_fires_when_it_should_and_only_then(alert: str, tmp_path: Path) -> None:
    fires, labels, quiet = CASES[alert]
    tests = [case(alert, fires, labels), *(case(alert, series) for series in quiet)]
    file = tmp_path / "test.yml"
    file.write_text(
        json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests})
    )
    run_tool(promtool(), "test", "rules", file)


def case(alert: str, series: Series, labels: str | None = None) -> dict[str, t.Any]:
    """Describe a test: what is measured, and for which labels it is to fire, if at all."""
    (rule,) = [one for one in ALERTS if one["alert"] == alert]
    expected = []
    if labels is not None:
        found = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        annotations = {
            name: re.sub(r"{{ \$labels\.(\w+) }}", lambda word: found[word[1]], text)
            for name, text in rule["annotations"].items()
        }
        expected = [{"exp_labels": {**found, **rule["labels"]}, "exp_annotations": annotations}]
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [{"eval_time": LOOK_AT, "alertname": alert, "exp_alerts": expected}],
    }


def written() -> set[str]:
    """Return the names of the series that a schedule or the plugin writes."""
    health = Health(["default"], lambda: Status(leads=True))
    health.vault_answered("default")
    text = metrics.Metrics(health).rendered().decode()
    families = parser.text_string_to_metric_families(text)
    return {sample.name for family in families for sample in family.samples} | textfile.names()


def test_the_rules_name_only_what_is_written() -> None:
    named = {name for rule in ALERTS for name in re.findall(r"swarmvault_\w+", rule["expr"])}
    assert named
    assert named - written() == set()


def test_the_guide_names_each_metric_and_each_alert() -> None:
    guide = (ROOT / "docs" / "docsite" / "rst" / "guide_schedule.rst").read_text()
    named = set(re.findall(r"``(swarmvault_\w+|Swarmvault\w+)``", guide))
    assert named - {"swarmvault_vault_"} == textfile.names() | CASES.keys()
