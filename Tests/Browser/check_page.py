"""Checks HTML pages in headless Chromium, at two widths, in light and in dark, and takes screenshots.

    python3 check_page.py SCREENSHOT_DIR PAGE.html ...

Exit status 2: there is no browser, and the message says why. What is wrong with a layout is found by
measure.js, which runs in the page.
"""

import pathlib
import sys

from browser import Browser, BrowserError

# A laptop and a phone, in CSS pixels.
WIDTHS = (1200, 390)
HEIGHT = 900

# The most bytes of a page, however long its run was.
SIZE_LIMIT = 1_000_000

MEASURE = (pathlib.Path(__file__).parent / "measure.js").read_text(encoding="utf-8")


def check_source(page):
    """Returns what is wrong with the file itself."""
    source = page.read_text(encoding="utf-8")
    problems = []
    if "default-src 'none'" not in source or "<script" in source:
        problems.append("the page may run scripts")
    if len(source.encode()) > SIZE_LIMIT:
        problems.append(f"the page has {len(source.encode())} bytes, more than {SIZE_LIMIT}")
    return problems


def check_view(browser, page, width, dark, image):
    """Opens the page, takes a picture of it and returns what is wrong with what is seen."""
    address = page.resolve().as_uri()
    browser.open(address, width, HEIGHT, dark)
    browser.screenshot(image)
    problems = measured(browser, dark)
    # What is folded must fit too.
    browser.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    problems += [problem for problem in measured(browser, dark) if problem not in problems]
    problems += [f"the console says {message}" for message in browser.messages()]
    problems += [f"it asks for {other}" for other in browser.requests() if other != address]
    return problems


def measured(browser, dark):
    found = browser.evaluate(MEASURE)
    problems = found["problems"]
    if found["dark"] != dark:
        problems.append("the colours are not those of the scheme")
    return problems


def check(browser, page, screenshots):
    problems = check_source(page)
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            image = screenshots / f"{page.parent.name}-{page.stem}-{width}-{scheme}.png"
            found = check_view(browser, page, width, scheme == "dark", image)
            problems += [f"{width} px, {scheme}: {problem}" for problem in found]
    return problems


def main():
    screenshots, *pages = map(pathlib.Path, sys.argv[1:])
    failed = False
    for page in pages:
        if not page.is_file():
            sys.exit(f"{page} is not there")
    try:
        with Browser() as browser:
            for page in pages:
                problems = check(browser, page, screenshots)
                failed = failed or bool(problems)
                print(f"{page}: " + ("good" if not problems else f"{len(problems)} problems"))
                for problem in problems:
                    print(f"  {problem}")
    except BrowserError as error:
        print(f"no browser: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
