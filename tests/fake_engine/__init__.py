# SPDX-License-Identifier: GPL-3.0-or-later
"""A Swarm and a Vault in memory, in which the real ``rotate()`` runs in milliseconds.

It is where orders of events are tried that no real Swarm gives on demand: an answer lost at the
third call, a run killed after the seventh, a node gone between two tasks. The rules are
swarmkit's (``orchestrator``, ``updater``, ``restarts``, ``scheduler``, ``nodes``, ``reaper`` are
named after its parts, and ``api`` refuses in its words), and what they believe about the engine is
itself checked: ``tests/e2e/swarm/test_fake_engine_contract.py`` plays one script here and on the
real engines and compares.

Start with ``scenario.Scenario``. Time is virtual (``clock``); what applications do is scripted
(``behaviour``), and so is what goes wrong between a run and the engine (``faults``). ``audit``
watches every call of a run for what no run may do.
"""
