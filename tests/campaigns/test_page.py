"""report.html in headless Chromium: it opens without a network, its tables sort and filter, light and dark differ."""

import re
import shutil
import subprocess

import pytest
from commandline import invoke
from faultnets import CAMPAIGN, files

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: ./run test installs it")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("page")
    files(made)
    words = [str(made / word) if word in ("net.rheo", "data.npz") else word for word in CAMPAIGN]
    result = invoke(*words, "-o", made)
    assert result.returncode == 0, result.stderr
    return made


def chromium(page, *options) -> str:
    command = [
        CHROMIUM,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ]
    command += [
        f"--user-data-dir={page.parent / 'profile'}",
        "--enable-logging=stderr",
        *options,
        page.as_uri(),
    ]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "CONSOLE" not in result.stderr, result.stderr  # a script's error, something that was not found
    return result.stdout


def after(folder, script: str) -> str:
    """The page as it is once a script has clicked in it."""
    page = folder / "clicked.html"
    page.write_text(
        (folder / "report.html").read_text().replace("</body>", f"<script>{script}</script></body>")
    )
    return chromium(page, "--dump-dom")


def column(dom: str, table: str, cell: int) -> list:
    body = re.search(rf"id=\"{table}\".*?<tbody>(.*?)</tbody>", dom, re.DOTALL).group(1)
    return [
        re.findall(r'data-v="([^"]*)"', row)[cell]
        for row in body.split("<tr")[1:]
        if not row.startswith(" hidden")
    ]


def click(table: str, cell: int) -> str:
    return f"document.getElementById('{table}').tHead.rows[0].cells[{cell}].click();"


def test_tables_sort_by_number_and_by_name_and_back(folder):
    pairs = [float(v) for v in column(after(folder, click("figures", 2)), "figures", 2)]
    assert pairs == sorted(pairs, reverse=True) and len(set(pairs)) > 2
    dom = after(folder, 2 * click("figures", 0))
    names = column(dom, "figures", 0)
    assert names == sorted(names) and len(names) == len(pairs) and 'aria-sort="ascending"' in dom


def test_tables_filter(folder):
    script = (
        "const box=document.querySelector('input[data-table=figures]');box.value='weight bit 7';"
        "box.dispatchEvent(new Event('input'));"
    )
    names = column(after(folder, script), "figures", 0)
    assert names and all("weight" in name and "bit 7" in name for name in names)


def test_it_is_drawn_in_light_and_in_dark(folder):
    shots = []
    for number, options in enumerate(((), ("--blink-settings=preferredColorScheme=0", "--force-dark-mode"))):
        file = folder / f"{number}.png"
        chromium(folder / "report.html", "--window-size=1200,900", f"--screenshot={file}", *options)
        shots.append(file.read_bytes())
    assert all(shot.startswith(b"\x89PNG") and len(shot) > 40_000 for shot in shots) and shots[0] != shots[1]
