"""Checks one HTML page in headless Chromium, in light and in dark, and takes a screenshot of each.

    python3 check_page.py PAGE.html SCREENSHOT_DIR

Only the standard library: the page is opened with a script of ours beside it, which measures what the
browser laid out and writes it into the document, and Chromium prints the document (--dump-dom).
"""

import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

WIDTHS = {"desktop": 1280, "phone": 420}

# Runs in the page. The page's own policy forbids scripts, which is checked before it is taken out.
MEASURE = """
<script>
window.addEventListener("load", () => {
  const page = document.documentElement;
  const svgs = [...document.querySelectorAll("figure svg[role=img]")];
  const luminance = color => {
    const [r, g, b] = color.match(/[0-9.]+/g).map(x => (x / 255) ** 2.2);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(document.body);
  const [ink, paper] = [luminance(style.color), luminance(style.backgroundColor)];
  const facts = {
    dark: ink > paper,
    contrast: (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05),
    width: page.scrollWidth, window: page.clientWidth,
    plots: svgs.map(svg => ({
      title: svg.getAttribute("aria-label"),
      points: [...svg.querySelectorAll("polyline")].reduce((n, line) => n + line.points.numberOfItems, 0),
      visible: [...svg.querySelectorAll("polyline")].every(
        line => getComputedStyle(line).stroke != "none"),
      outside: [...svg.querySelectorAll("text")].filter(text => {
        const [a, b] = [text.getBoundingClientRect(), svg.getBoundingClientRect()];
        return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1;
      }).length,
    })),
    loaded: performance.getEntriesByType("resource").length,
  };
  const note = document.createElement("pre");
  note.id = "measured";
  note.textContent = JSON.stringify(facts);
  document.body.append(note);
});
</script>
"""


def chromium(page, folder, dark, width, *options):
    """Opens `page` and returns what Chromium prints on its two channels."""
    command = [
        "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--enable-logging=stderr", "--v=0", f"--user-data-dir={folder}/profile",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        f"--window-size={width},2600", *options, page.resolve().as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def check(page, screenshots):
    source = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in source and "<script" not in source, "the page may run scripts"
    # Without the policy, so that our script may run; without our script, for console and screenshot.
    open_source = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', MEASURE, source)
    with tempfile.TemporaryDirectory() as folder:
        measured = pathlib.Path(folder) / "measured.html"
        measured.write_text(open_source, encoding="utf-8")
        for theme in ("light", "dark"):
            for name, width in WIDTHS.items():
                printed, _ = chromium(measured, folder, theme == "dark", width, "--dump-dom")
                facts = json.loads(html.unescape(re.search(r'<pre id="measured">(.*?)</pre>', printed)[1]))
                image = screenshots / f"{page.parent.name}-{page.stem}-{theme}-{name}.png"
                _, console = chromium(page, folder, theme == "dark", width, f"--screenshot={image}")
                report(facts, console, theme, name)
                assert image.stat().st_size > 10_000, f"{image} is empty"


def report(facts, console, theme, name):
    place = f"{theme}, {name}"
    assert not console, f"{place}: the console says {console}"
    assert facts["loaded"] == 0, f"{place}: {facts['loaded']} files were loaded"
    assert facts["dark"] == (theme == "dark"), f"{place}: the colours are not those of the theme"
    assert facts["contrast"] >= 7, f"{place}: contrast {facts['contrast']:.1f}, expected 7 (WCAG AAA)"
    assert facts["width"] <= facts["window"], f"{place}: {facts['width']} wide in {facts['window']}"
    assert facts["plots"], f"{place}: there is no plot"
    for plot in facts["plots"]:
        assert plot["points"] >= 1, f"{place}: '{plot['title']}' has no point"
        assert plot["visible"], f"{place}: a curve of '{plot['title']}' has no colour"
        assert plot["outside"] == 0, f"{place}: a text of '{plot['title']}' is cut off"


if __name__ == "__main__":
    page, screenshots = map(pathlib.Path, sys.argv[1:3])
    try:
        check(page, screenshots)
    except AssertionError as error:
        sys.exit(f"{page}: {error}")
    print(f"{page}: good")
