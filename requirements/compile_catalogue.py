"""Compile a catalogue: `python compile_catalogue.py from.po to.mo`.

Babel's own command takes texts such as "95% interval" for printf formats and fails on their translations; our texts are
filled by `str.format`, and a test of the catalogues holds their placeholders together.
"""

import sys
from pathlib import Path

from babel.messages import mofile, pofile

if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    with source.open("rb") as texts, target.open("wb") as compiled:
        mofile.write_mo(compiled, pofile.read_po(texts))
