# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a module loads the rest of what Ansible sends to a managed host, which is an archive.

Python compiles each module of an archive twice: once to learn the name of its file, and again to
run it (CPython's ``Lib/zipimport.py``, ``get_filename``). For as many lines as this collection has
that is a good part of the time that a run takes which finds nothing to do.
"""

from __future__ import annotations

import gc
import os
import sys
import zipimport

#: After how many new objects Python looks for those that nobody needs any more; by itself it does
#: so after 700, which suits a process that lives longer.
LOOKED_AT = 50_000


class Archive(zipimport.zipimporter):
    """An archive that knows the names of its files."""

    def get_filename(self, fullname: str) -> str:
        """Return the file of a module, without compiling it.

        :raises ZipImportError: there is no such module.
        """
        path = f"{self.archive}{os.sep}{self.prefix}{fullname.rpartition('.')[2]}"
        return f"{path}{os.sep}__init__.py" if self.is_package(fullname) else f"{path}.py"


def load_quickly() -> None:
    """Load what is imported from now on without needless work; does nothing outside of an archive.

    That is: by :class:`Archive`, and with few looks for garbage.
    """
    archive: str | None = getattr(__spec__.loader, "archive", None)
    if archive is None:
        return
    sys.path_hooks[:] = [
        Archive if hook is zipimport.zipimporter else hook for hook in sys.path_hooks
    ]
    for path in [path for path in sys.path_importer_cache if path.startswith(archive)]:
        del sys.path_importer_cache[path]
    gc.set_threshold(LOOKED_AT)
