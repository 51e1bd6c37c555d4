#!/usr/bin/env bash
# A page among the results of a report.html is shown from a data address. Chromium loads no such
# address beyond 2 MB in a frame: a result of 1 MB is shown, one of 2 MB is a blank frame, and
# neither Snakemake nor the report says a word. In a report.zip the same page is a file, and shown.
set -euo pipefail
type chromium chromedriver >/dev/null || { echo "Debian's chromium and chromium-driver are needed"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check snakemake==9.27.1 pygments selenium==4.51.0
cat >Snakefile <<'RULES'
rule all:
    input:
        "small.html",
        "large.html",


rule page:
    output:
        report("{name}.html", category="Pages", labels={"page": "{name}"}),
    run:
        size = {"small": 1_000_000, "large": 2_000_000}[wildcards.name]
        with open(output[0], "w") as file:
            file.write("<!doctype html><title>t</title><p>seen</p><!--" + "x" * size + "-->")
RULES
venv/bin/snakemake --quiet all --cores 1
venv/bin/snakemake --quiet all --report report.html 2>/dev/null
cat >look.py <<'PYTHON'
import pathlib
import shutil
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

options = webdriver.ChromeOptions()
options.binary_location = shutil.which("chromium")
for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
    options.add_argument("--" + argument)
driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
driver.get(pathlib.Path("report.html").absolute().as_uri())
driver.implicitly_wait(20)
driver.find_element("link text", "Results").click()
seen = []
for name in ("small", "large"):
    driver.find_element("xpath", f"//tr[td[contains(., '{name}')]]//a").click()
    time.sleep(3)
    frame = driver.find_element("tag name", "iframe")
    assert frame.get_attribute("src").startswith("data:text/html")
    driver.switch_to.frame(frame)
    seen.append(driver.execute_script("return document.body.innerText") or "blank")
    driver.switch_to.default_content()
print("chromium", driver.capabilities["browserVersion"].split(".")[0])
print("expected: seen, seen")
print("seen:    ", ", ".join(seen))
assert seen == ["seen", "blank"], seen
driver.quit()
PYTHON
echo "snakemake $(venv/bin/snakemake --version)"
venv/bin/python look.py
