from __future__ import annotations

import ast
import os
import shutil
import subprocess
from importlib.metadata import metadata
from pathlib import Path

import pytest

from ops.checkout import ROOT
from ops.errors import Problem
from ops.setup import toolchain

PLATFORM = "linux_amd64"
PINNED = toolchain.provider_version()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout on a machine of a known kind whose usual places hold nothing."""
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(toolchain, "MIRROR_PLACES", ("~/plugins", f"{tmp_path}/share/*"))
    shutil.copy(ROOT / ".terraform.lock.hcl", tmp_path)
    return tmp_path


@pytest.fixture
def variables(root: Path) -> dict[str, str]:
    return {"HOME": str(root / "home"), "PATH": "/bin:/usr/bin"}


def program(folder: Path, text: str) -> dict[str, str]:
    """Variables under which `terraform` is a script."""
    path = folder / "terraform"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return {"PATH": str(folder)}


def mirror(folder: Path) -> Path:
    (folder / toolchain.PROVIDER / PINNED / PLATFORM).mkdir(parents=True)
    return folder


@pytest.mark.parametrize("version", ["1.11.0", "1.11.4", "1.99.0"])
def test_a_terraform_that_fits_is_found(tmp_path: Path, version: str) -> None:
    path = program(tmp_path, f"echo 'Terraform v{version}'")
    assert toolchain.terraform(path) == tmp_path / "terraform"


@pytest.mark.parametrize("version", ["1.10.5", "0.15.0", "2.0.0"])
def test_a_terraform_that_does_not_fit_says_what_is_needed_and_how_to_get_it(
    tmp_path: Path, version: str
) -> None:
    path = program(tmp_path, f"echo 'Terraform v{version}'")
    with pytest.raises(Problem, match=rf"Terraform {version} .* is unsupported: version 1.11") as caught:
        toolchain.terraform(path)
    assert "brew install" in caught.value.hint


def test_a_missing_terraform_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"Terraform is missing: version 1.11 or newer"):
        toolchain.terraform({"PATH": str(tmp_path)})


def test_something_else_called_terraform_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="does not print the version of Terraform"):
        toolchain.terraform(program(tmp_path, "echo OpenTofu"))


def test_a_version_managers_stand_in_without_a_version_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"(?s)exit code 1.*no version set") as caught:
        toolchain.terraform(program(tmp_path, "echo 'no version set' >&2; exit 1"))
    assert "tfenv" in caught.value.hint


def test_a_configuration_file_that_is_not_there_does_not_spoil_the_version(tmp_path: Path) -> None:
    path = program(tmp_path, '[ "$TF_CLI_CONFIG_FILE" = /dev/null ] && echo "Terraform v1.11.4"')
    assert toolchain.terraform({**path, "TF_CLI_CONFIG_FILE": "/nowhere"}) == tmp_path / "terraform"


def test_the_lock_file_pins_the_provider_that_the_bindings_are_made_from() -> None:
    described = metadata("cdktf-cdktf-provider-aws").json["description"]
    assert f"provider version {PINNED}" in described


def test_no_mirror_is_found_where_there_is_none(root: Path, variables: dict[str, str]) -> None:
    assert toolchain.provider_mirror(root, variables) is None
    assert toolchain.provider_mirror(root, {}) is None


@pytest.mark.parametrize("folder", ["home/plugins", "share/anything"])
def test_a_mirror_in_a_usual_place_is_found(root: Path, variables: dict[str, str], folder: str) -> None:
    mirror(root / folder)
    assert toolchain.provider_mirror(root, variables) == root / folder


def test_a_mirror_of_zip_files_is_found(root: Path, variables: dict[str, str]) -> None:
    folder = root / "share" / "zips"
    (folder / toolchain.PROVIDER).mkdir(parents=True)
    (folder / toolchain.PROVIDER / f"terraform-provider-aws_{PINNED}_{PLATFORM}.zip").touch()
    assert toolchain.provider_mirror(root, variables) == folder


def test_a_mirror_of_another_version_or_platform_does_not_count(
    root: Path, variables: dict[str, str]
) -> None:
    (root / "share/a" / toolchain.PROVIDER / "5.99.0" / PLATFORM).mkdir(parents=True)
    (root / "share/b" / toolchain.PROVIDER / PINNED / "darwin_arm64").mkdir(parents=True)
    assert toolchain.provider_mirror(root, variables) is None


def test_a_named_mirror_comes_before_every_usual_place(root: Path, variables: dict[str, str]) -> None:
    mirror(root / "home/plugins")
    named = mirror(root / "my [own]")
    assert toolchain.provider_mirror(root, {**variables, toolchain.MIRROR_VARIABLE: str(named)}) == named


def test_a_named_mirror_without_the_provider_is_a_problem(root: Path, variables: dict[str, str]) -> None:
    with pytest.raises(
        Problem, match=f"names {root}, which does not contain .*{PINNED}/{PLATFORM}"
    ) as caught:
        toolchain.provider_mirror(root, {**variables, toolchain.MIRROR_VARIABLE: str(root)})
    assert "terraform providers mirror" in caught.value.hint


def test_without_a_mirror_terraform_downloads_from_the_registry(
    root: Path, variables: dict[str, str]
) -> None:
    text = toolchain.cli_configuration(root, variables).read_text()
    assert "provider_installation" not in text
    assert "disable_checkpoint = true" in text


def test_with_a_mirror_only_our_provider_comes_from_it(root: Path, variables: dict[str, str]) -> None:
    folder = mirror(root / "share" / 'a "quoted" ${name}')
    text = toolchain.cli_configuration(root, variables).read_text()
    path = str(folder).replace('"', '\\"').replace("${", "$${")
    assert f'filesystem_mirror {{\n    path    = "{path}"\n    include = ["{toolchain.PROVIDER}"]' in text
    assert f'direct {{\n    exclude = ["{toolchain.PROVIDER}"]' in text


def test_the_configuration_is_written_only_when_it_changes(root: Path, variables: dict[str, str]) -> None:
    path = toolchain.cli_configuration(root, variables)
    written = path.stat().st_mtime_ns
    assert toolchain.cli_configuration(root, variables).stat().st_mtime_ns == written
    mirror(root / "home/plugins")
    assert "filesystem_mirror" in toolchain.cli_configuration(root, variables).read_text()
    assert list(path.parent.glob("terraform.*")) == [path]


@pytest.mark.parametrize("where", ["variable", "home"])
def test_a_persons_own_configuration_stands_where_no_mirror_is_needed(
    root: Path, variables: dict[str, str], where: str
) -> None:
    own = root / "home" / ".terraformrc"
    own.parent.mkdir(exist_ok=True)
    if where == "variable":
        own = root / "own.rc"
        variables["TF_CLI_CONFIG_FILE"] = str(own)
    own.write_text('credentials "example.com" {}')
    assert toolchain.cli_configuration(root, variables) == own


def test_a_persons_own_configuration_gives_way_to_a_mirror_unless_it_names_one(
    root: Path, variables: dict[str, str]
) -> None:
    mirror(root / "home/plugins")
    own = root / "own.rc"
    own.write_text("disable_checkpoint = true")
    variables["TF_CLI_CONFIG_FILE"] = str(own)
    assert toolchain.cli_configuration(root, variables) != own
    own.write_text("provider_installation {}")
    assert toolchain.cli_configuration(root, variables) == own


def test_a_variable_that_names_a_missing_file_is_replaced(root: Path, variables: dict[str, str]) -> None:
    variables["TF_CLI_CONFIG_FILE"] = "/nowhere/terraform.rc"
    assert toolchain.exports(root, variables)["TF_CLI_CONFIG_FILE"] == str(
        root / "home/.cache/payctl/terraform.rc"
    )


def test_caches_lie_in_our_folder_unless_a_person_chose_another(
    root: Path, variables: dict[str, str]
) -> None:
    cache = root / "home/.cache/payctl"
    assert toolchain.exports(root, variables)["TF_PLUGIN_CACHE_DIR"] == str(cache / "terraform-plugins")
    assert (cache / "terraform-plugins").is_dir()
    chosen = toolchain.exports(root, {**variables, "TF_PLUGIN_CACHE_DIR": str(root / "mine")})
    assert chosen["TF_PLUGIN_CACHE_DIR"] == str(root / "mine")


def test_path_begins_with_cdktf_and_node_alone_and_does_not_grow(
    root: Path, variables: dict[str, str]
) -> None:
    once = toolchain.exports(root, variables)
    assert once["PATH"] == f"{root}/.payctl/bin:/bin:/usr/bin"
    assert toolchain.exports(root, {**variables, **once})["PATH"] == once["PATH"]
    assert sorted(os.listdir(root / ".payctl/bin")) == ["cdktf", "node"]
    assert os.readlink(root / ".payctl/bin/cdktf") == "../../node_modules/cdktf-cli/bundle/bin/cdktf"


def test_the_environment_of_terraform_has_no_workspace_chosen_elsewhere(
    root: Path, variables: dict[str, str]
) -> None:
    whole = toolchain.environment(root, {**variables, "TF_WORKSPACE": "other", "KEPT": "1"})
    assert "TF_WORKSPACE" not in whole
    assert (whole["KEPT"], whole["CHECKPOINT_DISABLE"]) == ("1", "1")


@pytest.mark.process
def test_terraform_accepts_our_configuration_without_a_word(root: Path, variables: dict[str, str]) -> None:
    mirror(root / "share" / 'odd "name"')
    env = {**variables, **toolchain.exports(root, {**variables, "PATH": os.environ["PATH"]})}
    done = subprocess.run(["terraform", "version"], env=env, capture_output=True, text=True, check=True)
    assert "problem" not in done.stdout + done.stderr


@pytest.mark.parametrize("module", ["setup/doctor", "setup/toolchain", "checkout", "run", "errors"])
def test_what_the_doctor_needs_runs_on_an_older_python(module: str) -> None:
    source = (ROOT / "ops" / f"{module}.py").read_text()
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name) or ""
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not {name.partition(".")[0] for name in imported} & {"click", "rich", "boto3", "cdktf"}
