"""Terraform, and the environment variables under which it and `cdktf` run here.

`payctl doctor` imports it before anything is prepared: standard library only, any Python since 3.9.
"""

from __future__ import annotations

import glob
import os
import platform
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from ops import checkout
from ops.errors import Problem
from ops.run import run

OLDEST, NEWER_THAN_ANY = (1, 11, 0), (2, 0, 0)
NEEDED = "1.11 or newer, below 2.0"
HOW_TO_GET = (
    "Get it from HashiCorp's releases page (releases.hashicorp.com/terraform), or with one of:\n"
    "  brew install hashicorp/tap/terraform\n"
    "  mise use --global terraform@1.11\n"
    "  tfenv install 1.11.4 && tfenv use 1.11.4"
)
PROVIDER = "registry.terraform.io/hashicorp/aws"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
MIRROR_VARIABLE = "PAYCTL_PROVIDER_MIRROR"
HOW_TO_MIRROR = (
    "Create one on a machine with a network: terraform providers mirror FOLDER, in the folder of a stack; "
    "or unset the variable."
)
MIRROR_PLACES = (
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/*",
    "/usr/local/share/terraform/*",
    "/usr/local/lib/terraform/*",
    "/usr/share/terraform/*",
    "/usr/lib/terraform/*",
    "/var/lib/terraform/*",
    "/opt/*",
    "/opt/terraform/*",
)


def terraform(variables: Mapping[str, str] = os.environ) -> Path:
    """Returns the `terraform` of PATH; raises Problem if it is missing or of an unsupported version."""
    found = shutil.which("terraform", path=variables.get("PATH", ""))
    if found is None:
        raise Problem(f"Terraform is missing: version {NEEDED}, must be on PATH.", hint=HOW_TO_GET)
    version = terraform_version(Path(found), variables)
    if not OLDEST <= version < NEWER_THAN_ANY:
        raise Problem(
            f"Terraform {'.'.join(map(str, version))} ({found}) is unsupported: version {NEEDED}, is needed.",
            hint=HOW_TO_GET,
        )
    return Path(found)


def terraform_version(program: Path, variables: Mapping[str, str] = os.environ) -> tuple[int, ...]:
    """Returns the version; raises Problem if a version manager's shim has no Terraform to start."""
    quiet = {**variables, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull}
    output = run([program, "version"], env=quiet, capture=True, hint=HOW_TO_GET).stdout
    match = re.search(r"Terraform v(\d+)\.(\d+)\.(\d+)", output)
    if match is None:
        raise Problem(f"{program} does not print the version of Terraform.", hint=HOW_TO_GET)
    return tuple(int(part) for part in match.groups())


def provider_version(root: Path = checkout.ROOT) -> str:
    """Returns the version of the AWS provider that `.terraform.lock.hcl` pins."""
    pinned = (root / ".terraform.lock.hcl").read_text().partition(PROVIDER)[2]
    return pinned.partition("version")[2].split('"')[1]


def provider_mirror(root: Path = checkout.ROOT, variables: Mapping[str, str] = os.environ) -> Path | None:
    """Returns a folder from which the provider is installed without its registry, or None.

    PAYCTL_PROVIDER_MIRROR names it, or it is in one of MIRROR_PLACES. Its layout is that of `terraform
    providers mirror` (zip files), or unpacked.
    """
    version, system = provider_version(root), _platform()
    wanted = (f"{PROVIDER}/{version}/{system}", f"{PROVIDER}/terraform-provider-aws_{version}_{system}.zip")
    named, home = variables.get(MIRROR_VARIABLE, ""), glob.escape(variables.get("HOME", ""))
    places = [glob.escape(named)] if named else [place.replace("~", home) for place in MIRROR_PLACES]
    for place in places:
        for folder in sorted(glob.glob(place)):
            if any(Path(folder, path).exists() for path in wanted):
                return Path(folder).absolute()
    if named:
        raise Problem(
            f"{MIRROR_VARIABLE} names {named}, which does not contain {wanted[0]}.", hint=HOW_TO_MIRROR
        )
    return None


def environment(root: Path = checkout.ROOT, variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Returns all environment variables of Terraform and `cdktf`: `variables`, overridden by `exports`.

    TF_WORKSPACE is left out: every stack selects its own workspace.
    """
    kept = {name: value for name, value in variables.items() if name != "TF_WORKSPACE"}
    return {**kept, **exports(root, variables)}


def exports(root: Path = checkout.ROOT, variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Returns the added variables: PATH, CLI configuration, writable caches, no telemetry."""
    cache = checkout.cache_folder(root, variables)
    plugins = Path(variables.get("TF_PLUGIN_CACHE_DIR") or cache / "terraform-plugins")
    plugins.mkdir(parents=True, exist_ok=True)
    path = [str(programs(root)), *variables.get("PATH", os.defpath).split(os.pathsep)]
    return {
        "CDKTF_HOME": str(cache / "cdktf"),
        "CHECKPOINT_DISABLE": "1",
        "DISABLE_VERSION_CHECK": "1",
        "PATH": os.pathsep.join(
            dict.fromkeys(path)
        ),  # without repeats, so that a second call does not lengthen it
        "TF_CLI_CONFIG_FILE": str(cli_configuration(root, variables)),
        "TF_IN_AUTOMATION": "1",
        "TF_PLUGIN_CACHE_DIR": str(plugins),
    }


def programs(root: Path = checkout.ROOT) -> Path:
    """Creates a folder for PATH with `cdktf` and `node` only, so that no other tool of the user is hidden."""
    folder = checkout.state_folder(root) / "bin"
    folder.mkdir(exist_ok=True)
    cdktf = root / "node_modules" / "cdktf-cli" / "bundle" / "bin" / "cdktf"
    for name, target in (("node", checkout.node_folder(root) / "node"), ("cdktf", cdktf)):
        link = folder / f"{name}.{os.getpid()}"
        link.symlink_to(os.path.relpath(target, folder))
        link.replace(folder / name)
    return folder


def cli_configuration(root: Path = checkout.ROOT, variables: Mapping[str, str] = os.environ) -> Path:
    """Returns the CLI configuration file for Terraform.

    A file of the user (TF_CLI_CONFIG_FILE, ~/.terraformrc) is used if it configures the installation of
    providers, or if no mirror is needed. Otherwise one is written: the provider comes from the mirror, all
    else from its registry. Terraform warns at every start if the variable names a missing file.
    """
    generated = checkout.cache_folder(root, variables) / "terraform.rc"
    mirror = provider_mirror(root, variables)
    for own in (variables.get("TF_CLI_CONFIG_FILE", ""), f"{variables.get('HOME', '')}/.terraformrc"):
        if own == str(generated) or not Path(own).is_file():
            continue
        if mirror is None or "provider_installation" in Path(own).read_text():
            return Path(own)
    text = _configuration(mirror)
    if not generated.exists() or generated.read_text() != text:
        new = generated.with_suffix(f".{os.getpid()}")
        new.write_text(text)
        new.replace(generated)
    return generated


def _configuration(mirror: Path | None) -> str:
    head = "# Written by payctl; changes are lost.\ndisable_checkpoint = true\n"
    if mirror is None:
        return head
    path = str(mirror).replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    return f"""{head}provider_installation {{
  filesystem_mirror {{
    path    = "{path}"
    include = ["{PROVIDER}"]
  }}
  direct {{
    exclude = ["{PROVIDER}"]
  }}
}}
"""


def _platform() -> str:
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{ARCHITECTURES.get(machine, machine)}"
