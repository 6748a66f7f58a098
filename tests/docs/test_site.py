"""The site is built without a broken link, has every operation, and loads nothing from another host."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.docs.test_documented import ROOT
from website import SiteError
from website.published import check_offline

pytestmark = pytest.mark.ci

README: Final = re.compile(r"<!-- journey -->\n```bash\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = (sys.executable, "-m", "website", "build", "--work", str(folder))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


def test_each_operation_is_on_a_page_of_the_reference(site: Path) -> None:
    paths = json.loads((site / "reference/openapi.json").read_text())["paths"]
    operations = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    pages = "".join(page.read_text() for page in site.glob("reference/*/*/index.html"))
    assert operations == set(re.findall(r'<code class="method">([^<]*)</code>', pages))


def test_each_page_is_in_the_navigation(site: Path) -> None:
    pages = {page.relative_to(site.parent / "pages").as_posix() for page in (site.parent / "pages").rglob("*.md")}
    listed = re.findall(r'"([\w/-]+\.md)"', json.dumps(json.loads((site.parent / "mkdocs.yml").read_text())["nav"]))
    assert sorted(listed) == sorted(pages), "list it in website/zensical.toml"


def test_each_diagram_is_drawn(site: Path) -> None:
    sources = sum(page.read_text().count("```mermaid") for page in [*ROOT.glob("docs/**/*.md"), ROOT / "README.md"])
    pages = "".join(page.read_text() for page in site.rglob("*.html"))
    assert len(re.findall(r'<img alt="Diagram: [^"]+" class="diagram"', pages)) == sources
    assert 'class="mermaid"' not in pages
    assert all("<svg" in picture.read_text() for picture in site.glob("diagrams/*.svg"))


def test_languages_stand_side_by_side(site: Path) -> None:
    journey = (site / "journey/index.html").read_text()
    assert journey.count('class="tabbed-set') == 7
    assert re.findall(r'<label for="__tabbed_1_\d">(.*?)</label>', journey) == ["curl", "Python", "TypeScript"]


def test_everything_can_be_found_without_a_server(site: Path) -> None:
    assert "TIME_SLOT_TAKEN" in (site / "search.json").read_text()


def test_a_page_that_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<a href="https://a.example"></a><script src="https://cdn.example/x.js"></script>'
    )
    with pytest.raises(SiteError, match=r"cdn\.example"):
        check_offline(tmp_path)


def test_the_curl_commands_of_the_journey_are_those_of_the_readme() -> None:
    """The README's session is run in tests/e2e."""
    (session,) = README.findall((ROOT / "README.md").read_text())
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "docs/journey.md").read_text(), re.DOTALL)
    assert "\n".join(blocks) == session
