"""How long one answer takes, beside what it replaces and what others take.

Every command is run in turn, round after round, so that a drift of the machine's speed meets all of them alike; the
table shows medians of one run. What the parts are for:

    session       the same answer where the profile has a role, whose session lies ready
    cat           prints the same key from a plain JSON file: what awskeys replaces
    /bin/true     what starting any process costs
    secret-tool   asks a real desktop keyring
    age, gpg      open one encrypted file

Then 200 calls at once, beside 200 of /bin/true. `at_once.c` starts them, compiled here.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))

from stub_iam import Stub, stub_iam  # noqa: E402

BUILT = Path(os.environ.get("AWSKEYS_BIN", ROOT / ".build" / "release"))
PROGRAMS = ("awskeys", "awskeys-credential-process")
ROUNDS = int(os.environ.get("ROUNDS", "400"))
# What is promised: no slower than this many times `cat` of the plain JSON, by the number of profiles.
PROFILES = {10: 1.0, 100: None, 1000: 1.1, 10000: None}
# A session is no slower than this many times a key, with the same number of profiles.
SESSION_MOST = 1.2
SESSIONS = (10, 1000)
AT_ONCE, AT_ONCE_ROUNDS, AT_ONCE_MOST = 200, 25, 1.2


def key(number: int) -> tuple[str, str]:
    return f"AKIA{number:09d}EXAMPLE", f"benchEXAMPLE{number:028d}"


class Home:
    """A scratch home with so many profiles, imported."""

    def __init__(self, folder: Path, profiles: int, programs: Path, sts: Stub) -> None:
        (folder / ".aws").mkdir(parents=True)
        credentials = folder / ".aws" / "credentials"
        names = [f"team-{number:04d}" for number in range(profiles)]
        with credentials.open("w") as file:
            for number, name in enumerate(names):
                key_id, secret = key(number)
                file.write(f"[{name}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n\n")
            # One that STS knows, and a role that trusts its user.
            signer = sts.user("bench").key()
            file.write(f"[signer]\naws_access_key_id = {signer.id}\naws_secret_access_key = {signer.secret}\n")
        role = sts.role("bench").arn
        (folder / ".aws" / "config").write_text(f"[profile role]\nrole_arn = {role}\nsource_profile = signer\n")
        documents = {
            name: {"Version": 1, "AccessKeyId": key(number)[0], "SecretAccessKey": key(number)[1]}
            for number, name in enumerate(names)
        }
        self.plain = folder / "plain.json"
        self.plain.write_text(json.dumps(documents))
        passphrase = folder / "passphrase"
        passphrase.write_text("correct horse battery staple EXAMPLE\n")
        self.environment = {
            "HOME": str(folder), "PATH": os.environ["PATH"], "AWSKEYS_PASSPHRASE_FILE": str(passphrase),
            **sts.environment, "AWS_DEFAULT_REGION": "us-east-1",
        }
        subprocess.run(
            [programs / "awskeys", "import", "--yes"], env=self.environment, check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.profile = names[len(names) // 2]
        self.secret = key(len(names) // 2)[1]
        self.programs = programs

    def get_session(self) -> None:
        """Has a session of the role lie ready; a second after the files were written, it is good for the fast lane."""
        for pause in (1.2, 0):
            subprocess.run(
                [self.programs / "awskeys", "credential-process", "role"], env=self.environment, check=True,
                stdout=subprocess.DEVNULL)
            time.sleep(pause)


def once(command: list[str], environment: dict[str, str], output: int) -> int:
    start = time.perf_counter_ns()
    process = os.posix_spawn(
        command[0], command, environment, file_actions=[(os.POSIX_SPAWN_DUP2, output, 1)])
    _, status = os.waitpid(process, 0)
    took = time.perf_counter_ns() - start
    if status != 0:
        sys.exit(f"bench: {command} ended with status {status}")
    return took


def instructions(command: list[str], environment: dict[str, str]) -> int:
    """What callgrind counts for one run."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *command], env=environment,
            capture_output=True, text=True)
        for line in run.stderr.splitlines():
            if "Collected" in line:
                return int(line.split(":")[1])
    sys.exit(f"bench: callgrind counted nothing for {command}:\n{run.stderr}")


def found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        sys.exit(f"bench: {program} is missing; `make deps` installs it")
    return path


def peers(folder: Path, plain: Path) -> dict[str, list[str]]:
    """age and gpg, each with a file to open without a question."""
    identity, sealed = folder / "identity", folder / "key.age"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    recipient = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["age", "-r", recipient, "-o", sealed, plain], check=True)
    gnupg = folder / "gnupg"
    gnupg.mkdir(mode=0o700)
    os.environ["GNUPGHOME"] = str(gnupg)
    subprocess.run(
        ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "bench@example.com", "default",
         "default", "never"], check=True, capture_output=True)
    subprocess.run(
        ["gpg", "--batch", "--quiet", "--trust-model", "always", "-r", "bench@example.com", "-o", folder / "key.gpg",
         "-e", plain], check=True, capture_output=True)
    return {
        "age -d": [found("age"), "-d", "-i", str(identity), str(sealed)],
        "gpg -d": [found("gpg"), "--batch", "--quiet", "-d", str(folder / "key.gpg")],
    }


def side_by_side(folder: Path, home: Home, awskeys: tuple[list[str], dict[str, str]]) -> tuple[float, float]:
    """The median milliseconds of 200 calls at once, and of 200 times /bin/true, round after round in turn."""
    driver = folder / "at_once"
    subprocess.run(["cc", "-O2", "-o", driver, ROOT / "Tests/Benchmarks/at_once.c"], check=True)
    times: dict[str, list[int]] = {"awskeys": [], "true": []}
    for round_number in range(AT_ONCE_ROUNDS + 2):
        for label, command in (("awskeys", awskeys[0]), ("true", ["/bin/true"])):
            run = subprocess.run(
                [driver, str(AT_ONCE), *command], env=awskeys[1], capture_output=True, text=True)
            if run.returncode != 0 or label == "awskeys" and home.secret not in run.stderr:
                sys.exit(f"bench: {label}, {AT_ONCE} at once: {run.stderr}")
            if round_number >= 2:
                times[label].append(int(run.stdout))
    return statistics.median(times["awskeys"]) / 1e6, statistics.median(times["true"]) / 1e6


def main() -> None:
    if "DBUS_SESSION_BUS_ADDRESS" not in os.environ or "AWSKEYS_BENCH_BUS" not in os.environ:
        # The keyring gets a bus and a home of its own.
        os.environ["AWSKEYS_BENCH_BUS"] = "1"
        os.execvp("dbus-run-session", ["dbus-run-session", "--", sys.executable, __file__])
    with tempfile.TemporaryDirectory() as name, stub_iam() as sts:
        folder = Path(name)
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        os.environ.update(HOME=str(folder), XDG_RUNTIME_DIR=str(runtime))
        subprocess.run(
            ["gnome-keyring-daemon", "--unlock", "--components=secrets", "--daemonize"], input=b"bench", check=True,
            capture_output=True)
        subprocess.run(
            ["secret-tool", "store", "--label=bench", "bench", "key"], input=key(1)[1].encode(), check=True)
        # As `make install` does: a linker leaves a file in the page cache in pieces, a copy in one.
        programs = folder / "bin"
        programs.mkdir()
        for program in PROGRAMS:
            shutil.copy(BUILT / program, programs)
        homes = {count: Home(folder / str(count), count, programs, sts) for count in PROFILES}
        # Alone in its folder, it has nobody to leave the answer to.
        alone = folder / "alone"
        alone.mkdir()
        shutil.copy(BUILT / "awskeys-credential-process", alone)
        session = dict(os.environ)
        commands: dict[str, tuple[list[str], dict[str, str]]] = {"/bin/true": (["/bin/true"], session)}
        for count, home in homes.items():
            commands[f"cat, {count:,} profiles"] = (["/bin/cat", str(home.plain)], session)
            commands[f"awskeys, {count:,} profiles"] = (
                [str(programs / "awskeys-credential-process"), home.profile], home.environment)
            if count in SESSIONS:
                home.get_session()
                commands[f"session, {count:,} profiles"] = (
                    [str(alone / "awskeys-credential-process"), "role"], home.environment)
        commands["secret-tool lookup"] = ([found("secret-tool"), "lookup", "bench", "key"], session)
        for label, command in peers(folder, homes[10].plain).items():
            commands[label] = (command, dict(os.environ))
        output = os.open(os.devnull, os.O_WRONLY)
        times: dict[str, list[int]] = {label: [] for label in commands}
        for round_number in range(ROUNDS + 5):
            for label, (command, environment) in commands.items():
                slow = label in ("secret-tool lookup", "age -d", "gpg -d")
                if slow and round_number % 10:
                    continue
                took = once(command, environment, output)
                if round_number >= 5:
                    times[label].append(took)
        medians = {label: statistics.median(values) for label, values in times.items()}
        print(f"{'command':24} {'median ms':>9} {'to cat':>7} {'instructions':>13}")
        for label, (command, environment) in commands.items():
            cat = medians[label.replace("awskeys", "cat").replace("session", "cat") if "profiles" in label else "cat, 10 profiles"]
            # callgrind can follow neither Go's threads nor gpg's agent.
            counted = "" if label in ("age -d", "gpg -d") else f"{instructions(command, environment):13,}"
            print(f"{label:24} {medians[label] / 1e6:9.2f} {medians[label] / cat:7.2f} {counted:>13}")
        ratios = {
            count: medians[f"awskeys, {count:,} profiles"] / medians[f"cat, {count:,} profiles"] for count in PROFILES}
        sessions = {
            count: medians[f"session, {count:,} profiles"] / medians[f"awskeys, {count:,} profiles"] for count in SESSIONS}
        at_once = side_by_side(folder, homes[10], commands["awskeys, 10 profiles"])
        for home in homes.values():
            subprocess.run([programs / "awskeys", "lock"], env=home.environment, check=True, stdout=subprocess.DEVNULL)
        print("\nto cat: " + ", ".join(
            f"{ratio:.2f} with {count:,} profiles" + (f" (at most {PROFILES[count]:.2f})" if PROFILES[count] else "")
            for count, ratio in ratios.items()))
        print("session to key: " + ", ".join(
            f"{ratio:.2f} with {count:,} profiles (at most {SESSION_MOST:.2f})" for count, ratio in sessions.items()))
        print(
            f"{AT_ONCE} at once: {at_once[0]:.1f} ms, /bin/true {at_once[1]:.1f} ms, {at_once[0] / at_once[1]:.2f} times "
            f"that (at most {AT_ONCE_MOST:.2f})")
        if any(most and ratios[count] > most for count, most in PROFILES.items()):
            sys.exit("bench: slower than promised")
        if max(sessions.values()) > SESSION_MOST:
            sys.exit("bench: sessions are slower than promised")
        if at_once[0] / at_once[1] > AT_ONCE_MOST:
            sys.exit("bench: slower at once than promised")


if __name__ == "__main__":
    main()
