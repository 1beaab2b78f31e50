"""`awskeys use`: a shell switches to a profile, in bash, zsh and fish."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from home import CONFIG, Home

START = {
    "bash": 'eval "$(awskeys use --shell bash)"',
    "zsh": 'autoload -U compinit; compinit -u; eval "$(awskeys use --shell zsh)"',
    "fish": "awskeys use --shell fish | source",
}
ODD = "it's \\a/$HOME"


@pytest.fixture(params=START)
def shell(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if not shutil.which(name):
        pytest.skip(f"there is no {name}")
    return name


def run(home: Home, shell: str, script: str) -> subprocess.CompletedProcess[str]:
    """Runs a script in a shell that has the function."""
    env = home.env | {"PATH": f"{home.folder}:{home.env['PATH']}", "AWS_DEFAULT_PROFILE": "other"}
    text = START[shell] + "\n" + script
    return subprocess.run([shell, "-c", text], env=env, capture_output=True, text=True, timeout=60)


def test_the_shell_has_the_profile_and_gives_it_back(home: Home, shell: str) -> None:
    done = run(home, shell, 'awskeys use prod\necho "$AWS_PROFILE,$AWS_DEFAULT_PROFILE"\nawskeys use\necho "$AWS_PROFILE."')
    assert (done.returncode, done.stdout, done.stderr) == (0, "prod,\n.\n", ""), done


def test_names_are_taken_as_they_are(home: Home, shell: str) -> None:
    home.config.write_text(CONFIG + f"[profile {ODD}]\nregion = x\n")
    quoted = "'" + ODD.replace("\\", "\\\\" if shell == "fish" else "\\").replace("'", "'\\''") + "'"
    done = run(home, shell, f'awskeys use {quoted}\nprintf "%s" "$AWS_PROFILE"')
    assert done.stdout == ODD, done


def test_a_profile_that_is_not_there_changes_nothing(home: Home, shell: str) -> None:
    status = "$status" if shell == "fish" else "$?"
    done = run(home, shell, f'awskeys use prod; awskeys use nobody\necho "{status},$AWS_PROFILE"')
    assert done.stdout == "66,prod\n" and 'no profile "nobody"' in done.stderr, done


def test_every_other_command_is_the_program_s(home: Home, shell: str) -> None:
    for asked in ("use --help", "use dev --help", "use dev --version"):
        done = run(home, shell, f"awskeys --version; awskeys {asked}")
        version, _, rest = done.stdout.partition("\n")
        assert done.returncode == 0 and rest.startswith(version if "version" in asked else "OVERVIEW: Switch"), done


def test_without_the_function_it_says_what_to_do(home: Home) -> None:
    home.run("use", "prod").failed(64, "awskeys use --shell bash")


def test_keys_that_would_be_taken_first_are_named(home: Home) -> None:
    result = home.run("use", "prod", "--evaluate", "bash", env={"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE"}).done()
    assert result.stdout == "export AWS_PROFILE='prod'\nunset AWS_DEFAULT_PROFILE\n"
    assert "AWS_ACCESS_KEY_ID is set" in result.stderr


def test_names_of_profiles_are_completed(home: Home) -> None:
    if not shutil.which("bash"):
        pytest.skip("there is no bash")
    script = (
        'COMP_WORDS=(awskeys use ""); COMP_CWORD=2; COMP_LINE="awskeys use "; COMP_POINT=12\n_awskeys\necho "${COMPREPLY[@]}"'
    )
    done = run(home, "bash", script)
    assert {"default", "dev", "prod", "admin"} <= set(done.stdout.split()), done


def test_without_completion_zsh_has_the_function_all_the_same(home: Home) -> None:
    if not shutil.which("zsh"):
        pytest.skip("there is no zsh")
    env = home.env | {"PATH": f"{home.folder}:{home.env['PATH']}"}
    script = 'eval "$(awskeys use --shell zsh)"; awskeys use prod; echo $AWS_PROFILE'
    done = subprocess.run(["zsh", "-fc", script], env=env, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("prod\n", "")


def test_it_works_where_unset_names_are_errors(home: Home, shell: str) -> None:
    if shell == "fish":
        pytest.skip("fish has no such option")
    done = run(home, shell, 'set -u\nawskeys use prod\nawskeys use\nawskeys --version\necho "${AWS_PROFILE-none}"')
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.endswith("\nnone\n"), done


def shown(shell: str, env: str = "") -> str:
    """A script that prints what each shell's prompt shows."""
    match shell:
        case "bash":
            return env + """PS1='$(awskeys_prompt)$ '; printf '%s' "${PS1@P}" """
        case "zsh":
            return env + """setopt prompt_subst; PROMPT='$(awskeys_prompt)$ '; print -nP "$PROMPT" """
        case _:
            return env + "awskeys_prompt; printf '$ '"


def test_a_prompt_shows_the_profile_and_starts_no_program(home: Home, shell: str) -> None:
    assert run(home, shell, shown(shell)).stdout == "$ "
    nowhere = "set PATH" if shell == "fish" else "PATH="
    assert run(home, shell, f"awskeys use prod; {nowhere}\n" + shown(shell)).stdout == "(prod) $ "
    served = "set -x AWSKEYS_PROFILE dev;" if shell == "fish" else "AWSKEYS_PROFILE=dev;"
    assert run(home, shell, "awskeys use prod;" + shown(shell, served)).stdout == "(dev) $ "


def test_a_prompt_shows_names_as_they_are(home: Home, shell: str) -> None:
    name = "100%n$(echo ran)"
    home.config.write_text(CONFIG + f"[profile {name}]\nregion = x\n")
    assert run(home, shell, f"awskeys use '{name}';" + shown(shell)).stdout == f"({name}) $ "
