# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugin is asked, made up by a fuzzer: ``make chaos``."""
