#!/bin/sh
# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Health check of the testbed's application.
exec wget -q -T 2 -O /dev/null "http://127.0.0.1:${PORT:-8080}/"
