"""How long `awskeys scan` takes for a tree of files, beside `grep -rE` and `rg` with the pattern of an id.

The commands run in turn, round after round, so that a drift of the machine's speed meets all of them alike; the tables
show medians of one run. One tree is made up: large files, many small ones, and what looks a little like keys; the other
one is this machine's headers of C. grep and rg look for ids only; rg is told to look at hidden and ignored files too,
with two threads. Nothing is promised: it only shows.
"""

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = Path(os.environ.get("AWSKEYS_BIN", ROOT / ".build" / "release"))
SOURCES = Path(os.environ.get("TREE", "/usr/include"))
ROUNDS = int(os.environ.get("ROUNDS", "400")) // 20 + 1
PATTERN = r"\bA[KS]IA[A-Z2-7]{16}\b"


def make_tree(folder: Path) -> None:
    """Draws text, words and numbers in lines, with a key here and there."""
    source = random.Random("a tree to scan")
    # About as often as in English.
    letters = "eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrrddddllllcccuuummmwwffggyyppbbvk"
    words = ["".join(source.choices(letters, k=source.randint(2, 12))) for _ in range(4000)]
    words += [word.capitalize() for word in words[:300]] + [word.upper() for word in words[:100]]
    words += ["secret", "access", "key", "AKIA", "aws_secret_access_key"]
    lines = [" ".join(source.choices(words, k=source.randint(0, 14))) + "\n" for _ in range(20_000)]
    for number in range(3000):
        place = folder / f"{number % 60}" / f"{number % 7}"
        place.mkdir(parents=True, exist_ok=True)
        size = 60_000 if number % 300 == 0 else source.randint(1, 300)
        (place / f"{number}.txt").write_text("".join(source.choices(lines, k=size)))
    (folder / "0" / "leak.env").write_text("AWS_ACCESS_KEY_ID=AKIAEXAMPLE5WVX7CL2D\n")


def once(command: list[str], environment: dict[str, str], statuses: tuple[int, ...]) -> int:
    start = time.perf_counter_ns()
    run = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took = time.perf_counter_ns() - start
    if run.returncode not in statuses:
        sys.exit(f"bench: {command} ended with status {run.returncode}")
    return took


def measure(tree: Path, environment: dict[str, str]) -> None:
    """Shows a table, also of how many times as long as grep each takes."""
    commands = {
        "awskeys scan": [str(BUILT / "awskeys"), "scan", str(tree)],
        "grep -rE": ["grep", "-rEI", PATTERN, str(tree)],
    }
    if rg := shutil.which("rg"):
        commands["rg"] = [rg, "--no-config", "-uu", "-j2", "-e", PATTERN, str(tree)]
    times: dict[str, list[int]] = {label: [] for label in commands}
    for round_number in range(ROUNDS + 2):
        for label, command in commands.items():
            took = once(command, environment, (0, 1))
            if round_number >= 2:
                times[label].append(took)
    medians = {label: statistics.median(values) for label, values in times.items()}
    files = [file for file in tree.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    print(f"\n{len(files):,} files, {size / 1e6:,.0f} MB{'':22} {'median ms':>9} {'to grep':>7}")
    for label, median in medians.items():
        print(f"{label:40} {median / 1e6:9.1f} {median / medians['grep -rE']:7.2f}")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home").mkdir()
        (folder / "tree").mkdir()
        make_tree(folder / "tree")
        environment = {"HOME": str(folder / "home"), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        for tree in (folder / "tree", SOURCES):
            measure(tree, environment)


if __name__ == "__main__":
    main()
