"""The files of a playbook of one's own: begun from the starter or another playbook, and read with a critic's eye.

`begin` writes them, `lint` says what is wrong in them: `schema_checks` where a file cannot be read as a
playbook, `setting_checks` and `text_checks` where it can, and would still not do what its writer means.
"""

from tools.playbook_files.begin import BeginRefused, begin
from tools.playbook_files.findings import Finding
from tools.playbook_files.lint import Linted, lint

__all__ = ["BeginRefused", "Finding", "Linted", "begin", "lint"]
