"""Makes Tests/StoreVectors: stores that must be read, and stores that must be refused, each with the reason.

    make_vectors.py [FOLDER]

The same seed gives the same files, byte for byte.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from broken_vectors import broken_rules
from changed_vectors import changed_bytes
from confirm_vectors import confirmations
from right_vectors import right


def main() -> None:
    """Writes the folder."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "StoreVectors")
    for old in folder.glob("*.store"):
        old.unlink()
    folder.mkdir(exist_ok=True)
    index = []
    for number, (what, file, error, key) in enumerate([*right(), *changed_bytes(), *broken_rules(), *confirmations()]):
        name = f"{number:03}-{'refused' if error else 'read'}.store"
        (folder / name).write_bytes(file)
        index.append({"file": name, "about": what, "data_key": key.hex(), "error": error})
    (folder / "index.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n")
    refused = sum(1 for each in index if each["error"])
    print(f"{len(index)} stores, {refused} of them to be refused")


if __name__ == "__main__":
    main()
