# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Swarm, OpenBao and PostgreSQL on one machine, for tests, demo and benchmark."""

from __future__ import annotations

from testbed.bed import Bed
from testbed.engine import HostEngine
from testbed.errors import BedError
from testbed.node import Node
from testbed.openbao import OpenBao
from testbed.openbao_cluster import OpenBaoCluster
from testbed.postgres import Postgres

__all__ = ["Bed", "BedError", "HostEngine", "Node", "OpenBao", "OpenBaoCluster", "Postgres"]
