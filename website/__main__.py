"""The command of the site: `python -m website build` and `python -m website serve`."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Final

import typer
from watchfiles import watch

from website import SiteError, reference
from website.navigation import expanded, subpages
from website.pages import OUTSIDE, ROOT, copy_pages
from website.published import check_offline

HERE: Final = Path(__file__).parent
WORK: Final = ROOT / ".site"

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def build(
    *,
    work: Annotated[Path, typer.Option(help="Folder to build in. The site is in its folder html.")] = WORK,
) -> None:
    """Build the site. Fails if a link or an anchor leads nowhere, or if a page would load anything from another host.

    In GitHub Actions, links to files that are no pages lead to the repository, and SITE_URL is the site's address.
    """
    shutil.rmtree(work / "pages", ignore_errors=True)
    prepare(work)
    if subprocess.run(generator("build", "--clean", "--strict"), cwd=work, check=False).returncode:
        raise typer.Exit(1)
    check_offline(work / "html")
    print(f"built {work / 'html'}")


@app.command()
def serve(
    *,
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1:8001",
) -> None:
    """Serve the site on this machine, and show each change of a page at once. Ctrl-C stops it.

    Start it again after a change of the API or of the navigation.
    """
    prepare(WORK)
    with subprocess.Popen(generator("serve", "--dev-addr", address), cwd=WORK) as server:
        try:
            for _ in watch(ROOT / "docs", *(ROOT / each for each in OUTSIDE)):
                show_changes()
        finally:
            server.terminate()


def show_changes() -> None:
    """Copy the pages again. A broken link is printed, and mended with the next change."""
    try:
        copy_pages(WORK / "pages", repository_files())
    except SiteError as error:
        print(error, file=sys.stderr)


def prepare(work: Path) -> None:
    """Write the pages, the reference and the configuration of the generator."""
    pages = work / "pages"
    copy_pages(pages, repository_files())
    expansions = {"reference/*": reference.write(pages / "reference")}
    expansions |= {f"{each}/*": subpages(pages, each) for each in ("decisions", "runbooks")}
    for asset in HERE.glob("*.css"):
        (pages / asset.name).write_text(asset.read_text(encoding="utf-8"), encoding="utf-8")
    project = tomllib.loads((HERE / "zensical.toml").read_text(encoding="utf-8"))["project"]
    project["nav"] = expanded(project["nav"], expansions)
    shutil.copytree(HERE / "theme", work / "theme", dirs_exist_ok=True)
    project |= {"site_url": os.environ["SITE_URL"]} if os.environ.get("SITE_URL") else {}
    # JSON is YAML too. Its name says that the keys are those of MkDocs, without a table around them.
    (work / "mkdocs.yml").write_text(json.dumps(project, indent=1), encoding="utf-8")


def repository_files() -> str | None:
    """Return the address of this revision's files on GitHub, if GitHub Actions runs this."""
    found = [os.environ.get(f"GITHUB_{each}") for each in ("SERVER_URL", "REPOSITORY", "SHA")]
    return "{}/{}/blob/{}".format(*found) if all(found) else None


def generator(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "zensical", *arguments]


if __name__ == "__main__":
    try:
        app()
    except SiteError as error:
        sys.exit(str(error))
